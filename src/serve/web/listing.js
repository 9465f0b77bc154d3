// SPDX-License-Identifier: MIT
// A long list of which only what was scrolled to is in the document; what does not change stays the same element.

import { arrange } from "./dom.js";

const FIRST = 12; // what most screens hold; the rest comes a frame later
const CHUNK = 100;
const KEPT = 2000; // elements that are not in the document, for when they are wanted again

export class Listing {
    // parent: tbody, ol, ...; end: an element behind it; key(item), make(item) -> element.
    constructor(parent, end, { key, make }) {
        Object.assign(this, { parent, end, key, make, nodes: new Map(), items: [], shown: FIRST });
        this.observer = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && this.more(), {
            rootMargin: "400px",
        });
    }

    close() {
        this.observer.disconnect();
    }

    node(key) {
        return this.nodes.get(key);
    }

    forget(key) {
        this.nodes.delete(key); // it leaves the document, and gives up the focus, with the next show()
    }

    forgetAll() {
        this.nodes.clear();
    }

    // anew: from the top, as for another order or other filters.
    show(items, { anew = false } = {}) {
        this.items = items;
        if (anew) this.shown = FIRST;
        this.sync();
    }

    more() {
        if (this.shown >= this.items.length) return;
        this.shown += CHUNK;
        this.sync();
    }

    sync() {
        arrange(
            this.parent,
            this.items.slice(0, this.shown).map((item) => this.nodeOf(item)),
        );
        if (this.nodes.size > this.shown + KEPT)
            for (const [key, node] of this.nodes) if (!this.parent.contains(node)) this.nodes.delete(key);
        this.watch();
    }

    nodeOf(item) {
        const key = this.key(item);
        let node = this.nodes.get(key);
        if (!node) this.nodes.set(key, (node = this.make(item)));
        return node;
    }

    // The observer speaks only when something changes: it begins anew while there is more.
    watch() {
        this.observer.unobserve(this.end);
        if (this.shown < this.items.length) this.observer.observe(this.end);
    }
}
