// SPDX-License-Identifier: MIT
// A file for the person, made here.

import { h } from "./dom.js";

export function save(name, text, type = "application/json") {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = h("a", { href: address, download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
}
