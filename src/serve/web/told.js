// SPDX-License-Identifier: MIT
// Sentences of the server's: the times in them are shown as all times of the page, local ones.

import { flag, put, said } from "./dom.js";
import { at } from "./words.js";

const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)(?!\w)/g;
const TITLE_MOST = 1000;

export const localTimes = (text) => String(text ?? "").replace(TIME, (iso) => at(iso) || iso);

// The title keeps the times as they were sent.
export function tell(node, text) {
    const sent = String(text ?? "");
    const shown = localTimes(sent);
    put(node, shown);
    flag(node, "title", shown !== sent ? sent.slice(0, TITLE_MOST) : null);
    return node;
}

export const told = (text, props) => tell(said("", props), text);
