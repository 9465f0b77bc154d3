// SPDX-License-Identifier: MIT
// What time it is for the server, and texts that change with it.

import { put } from "./dom.js";

let ahead = 0;
const texts = new WeakMap();

// Whole seconds are all that a Date header has: a difference below two of them is none.
export function noteServerDate(header) {
    const there = Date.parse(header ?? "");
    if (Number.isNaN(there)) return;
    const difference = there + 500 - Date.now();
    if (Math.abs(difference - ahead) > 2000) ahead = Math.abs(difference) > 2000 ? difference : 0;
}

export const now = () => Date.now() + ahead;

// The node's text is text(), now and every second as long as the node is shown.
export function ticking(node, text) {
    texts.set(node, text);
    node.dataset.tick = "";
    put(node, text());
    return node;
}

export function still(node) {
    texts.delete(node);
    delete node.dataset.tick;
}

setInterval(() => {
    if (document.hidden) return;
    for (const node of document.querySelectorAll("[data-tick]")) put(node, texts.get(node)?.());
}, 1000);
