// SPDX-License-Identifier: MIT
// What the server would say to what is typed: it judges the settings together, before they are saved.

import { post } from "./api.js";
import { h } from "./dom.js";
import { told } from "./told.js";
import * as token from "./token.js";

const PAUSE_MS = 400; // since the last key

// wanted(): the change as it would be sent, or null if there is none that can be right. { node, ask }.
export function validation(wanted) {
    let timer = 0;
    let asked = 0;
    const list = h("ul", { class: "plain" });
    const node = h("div", { class: "verdicts", role: "status" }, list);

    function show(texts) {
        if (node.textContent === texts.join("")) return;
        list.replaceChildren(...texts.map((text) => h("li", {}, told(text))));
    }

    async function look(turn) {
        const change = wanted();
        // Nobody is asked for the token while typing: what is saved is judged all the same.
        if (!change || token.isMissing()) return show([]);
        try {
            const reply = await post("/api/config/validate", change, { quiet: true });
            const wrong = (reply.detail ?? []).map(({ loc, msg }) => `${loc.slice(1).join(".")}: ${msg}`);
            if (turn === asked) show([...wrong, ...(reply.warnings ?? [])]);
        } catch (error) {
            if (error.status === undefined) throw error;
            if (turn === asked) show([]); // saving tells
        }
    }

    function ask() {
        const turn = ++asked;
        clearTimeout(timer);
        timer = setTimeout(() => node.isConnected && look(turn), PAUSE_MS);
    }

    return { node, ask };
}
