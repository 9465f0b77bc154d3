// SPDX-License-Identifier: MIT
// The configuration as a file: out, and in after a look at what would change.

import { get, request } from "./api.js";
import { button, field, h, said, tableHead } from "./dom.js";
import { save } from "./download.js";
import { attempt, busy, fail, notify } from "./notices.js";
import * as token from "./token.js";
import { refreshNow } from "./store.js";
import { count } from "./words.js";
import { shown } from "./setting.js";

const MASK = "********";
const FILE_MAX = 1024 * 1024;
const DEPTH_MAX = 64; // as serve takes
const PATHS_MAX = 16 * FILE_MAX; // characters of all together: one long key stands before each that is in it
const ROWS_MAX = 5000; // all of them, or none: what is not shown would be imported unseen

// ---- The difference ----

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Leaves by their paths; a list is one leaf, as in `config import`.
function leaves(whole) {
    const found = new Map();
    let size = 0;
    const walk = (value, path) => {
        if (path.length > DEPTH_MAX || size > PATHS_MAX) throw new RangeError("too deep or too much");
        if (isObject(value) && Object.keys(value).length > 0)
            for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
        else if (path.length) {
            const name = path.join(".");
            size += name.length;
            found.set(name, value);
        }
    };
    walk(whole, []);
    return found;
}

const hasMask = (value) => JSON.stringify(value)?.includes(MASK) ?? false;

// A mask keeps what is there: it is the same as any secret in its place. Not the other way round: what is not known may be changed.
function same(a, b) {
    if (b === MASK) return true;
    if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
    if (isObject(a) && isObject(b)) {
        const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
        return [...keys].every((key) => same(a[key], b[key]));
    }
    return JSON.stringify(a) === JSON.stringify(b);
}

// masked: as shown to everybody; clear: with the secrets, if those may be seen. [{ path, change, from, to }]
export function difference(masked, clear, wanted) {
    const was = leaves(clear);
    const showable = leaves(masked);
    const will = leaves(wanted);
    const other = `${clear === masked ? "perhaps " : ""}another secret or value`;
    const rows = [];
    for (const [path, value] of will) {
        if (!was.has(path)) rows.push({ path, change: "added", from: "", to: shown(value) });
        else if (!same(was.get(path), value))
            rows.push({
                path,
                change: "changed",
                from: shown(showable.get(path)),
                to: hasMask(showable.get(path)) ? other : shown(value),
            });
    }
    for (const [path] of was) if (!will.has(path)) rows.push({ path, change: "removed", from: shown(showable.get(path)), to: "" });
    if (rows.length > ROWS_MAX) throw new RangeError("too much");
    return rows.sort((a, b) => a.path.localeCompare(b.path));
}

// ---- The view ----

function diffTable(name, rows) {
    return h(
        "table",
        { id: "diff" },
        h("caption", {}, said(name), rows.length ? `: ${count(rows.length, "key")} would change` : ": nothing would change"),
        rows.length ? tableHead("Change", "Key", "Now", "Then") : null,
        h(
            "tbody",
            {},
            rows.map((r) =>
                h(
                    "tr",
                    { data: { change: r.change, path: r.path } },
                    h("td", {}, r.change),
                    h("th", { scope: "row" }, said(r.path)),
                    h("td", {}, said(r.from)),
                    h("td", {}, said(r.to)),
                ),
            ),
        ),
    );
}

async function present() {
    const masked = await get("/api/config/export");
    const clear = token.current() ? await get("/api/config/export?secrets=true").catch(() => masked) : masked;
    return { masked, clear };
}

export function exchange(imported) {
    const secrets = h("input", { id: "export-secrets", type: "checkbox" });
    const input = h("input", {
        id: "import-file",
        type: "file",
        accept: ".json,application/json",
        on: { change: () => look() },
    });
    const review = h("div", { id: "review", "aria-live": "polite" });
    const node = h(
        "section",
        { class: "card", "aria-labelledby": "files-h" },
        h("h2", { id: "files-h" }, "Export and import"),
        h(
            "div",
            { class: "bar" },
            button("Export config.json", "export", (event) => busy(event.currentTarget, download)),
            h("label", { class: "tick", for: "export-secrets" }, secrets, "with secrets in clear (needs the token)"),
        ),
        field("Import a file", input, "Shows what would change first. It replaces config.json as a whole, after a copy of it"),
        review,
    );
    let looks = 0; // of two files the one that was chosen last counts

    async function download() {
        try {
            const { reply, text } = await request("GET", `/api/config/export${secrets.checked ? "?secrets=true" : ""}`, {
                needsToken: secrets.checked,
                why: "Secrets in clear need the token.",
            });
            const name = /filename=([\w.-]+)/.exec(reply.headers.get("Content-Disposition") ?? "")?.[1];
            save(name ?? "autoheal-config.json", text);
            notify("done", `Exported as ${name ?? "autoheal-config.json"}${secrets.checked ? ", with secrets in clear" : ""}`);
        } catch (error) {
            fail(error, "No export");
        }
    }

    function leave() {
        looks++;
        input.value = "";
        review.replaceChildren();
        input.focus();
    }

    function complain(lines) {
        review.querySelector("#import-errors")?.remove();
        review.append(
            h(
                "ul",
                { id: "import-errors", class: "problem", role: "alert" },
                lines.map((line) => h("li", {}, said(line))),
            ),
        );
    }

    async function look() {
        const turn = ++looks;
        const file = input.files[0];
        review.replaceChildren();
        if (!file) return;
        if (file.size > FILE_MAX) return complain([`${file.name} is larger than 1 MiB`]);
        const text = await file.text();
        if (turn !== looks) return;
        // The same file can be chosen again, changed perhaps.
        input.value = "";
        let wanted;
        try {
            wanted = JSON.parse(text);
        } catch (error) {
            return complain([`${file.name} is no JSON: ${error.message}`]);
        }
        if (!isObject(wanted)) return complain([`${file.name} holds no JSON object`]);
        const chosen = { name: file.name, text };
        try {
            const { masked, clear } = await present();
            if (turn !== looks) return;
            const rows = difference(masked, clear, wanted);
            review.append(h("div", { class: "table" }, diffTable(file.name, rows)));
        } catch (error) {
            if (error instanceof RangeError)
                return complain([`${file.name} changes too much to be looked at here: use docker autoheal config import`]);
            if (error.status === undefined) throw error;
            if (turn !== looks) return;
            review.append(h("p", { class: "hint" }, `What would change cannot be shown: ${error.message}`));
        }
        const go = button("Import: replace config.json", "import", (event) => busy(event.currentTarget, () => bring(chosen)), {
            class: "danger",
        });
        review.append(h("div", { class: "acts" }, go, button("Leave it", "import-cancel", leave)));
        go.focus();
    }

    async function bring(chosen) {
        const form = new FormData();
        form.append("file", new Blob([chosen.text], { type: "application/json" }), chosen.name);
        const reply = await attempt(async () => {
            try {
                return (await request("POST", "/api/config/import", { body: form, why: "Importing needs the token." })).value;
            } catch (error) {
                if (!error.issues?.length) throw error;
                complain(error.issues.map((i) => (i.path ? `${i.path}: ${i.message}` : i.message)));
                return null;
            }
        });
        if (!reply) return;
        notify("done", "The file before was kept in the data directory as config.json.bak-<time>");
        leave();
        await imported();
        refreshNow();
    }

    return { node };
}
