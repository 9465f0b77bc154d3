// SPDX-License-Identifier: MIT
// Quarantined containers that are gone: no list shows them, and they can be released all the same.

import { release } from "./actions.js";
import { button, h, keyed, put, said } from "./dom.js";
import { confirm } from "./notices.js";
import { known } from "./store.js";

const TOLD_MOST = 100; // that the server names

function item(name) {
    const ask = (event) => confirm(event.currentTarget, { yes: `Release ${name}` }, () => release(name, name));
    const props = { "aria-label": `Release ${name}, which is gone`, data: { container: name } };
    return h("li", { class: "line", data: { container: name } }, said(name), " ", button("Release", "release", ask, props));
}

export function releaseGone() {
    const list = h("ul", { id: "gone", class: "plain" });
    const more = h("p", { id: "gone-more", class: "hint" });
    const node = h("div", { hidden: true }, h("h3", {}, "Quarantined, and gone"), list, more);
    const show = keyed(list, { key: (name) => name, make: item });

    function draw() {
        const names = known.status?.quarantined_gone ?? [];
        const here = [...known.containers.values()].filter((c) => c.quarantined).length;
        const rest = names.length < TOLD_MOST ? 0 : known.status.quarantined_containers - here - names.length;
        node.hidden = names.length === 0;
        put(more, rest > 0 ? `and ${rest} more, which are named once some of these are released` : "");
        show(names);
    }

    return { node, draw };
}
