// SPDX-License-Identifier: MIT
// Every setting, by sections; beside them export and import.

import { get, put as send } from "./api.js";
import { button, h, mark, put, said } from "./dom.js";
import { exchange } from "./exchange.js";
import { attempt, busy, fail } from "./notices.js";
import { settingField } from "./setting.js";
import { known, on, refreshNow } from "./store.js";
import { validation } from "./validation.js";
import { count } from "./words.js";

export const title = "Configuration";

const WHY = "Changing the configuration needs the token.";
const sectionOf = (path) => path.split(".")[0];

// [["restart.mode", 5]] -> { restart: { mode: 5 } }
function nested(pairs) {
    const root = Object.create(null);
    for (const [path, value] of pairs) {
        const keys = path.split(".");
        const last = keys.pop();
        keys.reduce((at, key) => (at[key] ??= Object.create(null)), root)[last] = value;
    }
    return root;
}

// ---- A section ----

function section(name, settings, reload) {
    const fields = settings.map((s) => settingField(s, () => edited()));
    const save = h("button", { type: "submit", class: "primary", data: { action: "section-save" } }, `Save ${name}`);
    const discard = button("Discard", "section-discard", () => fields.forEach((f) => f.reset()), {
        "aria-label": `Discard what was changed in ${name}`,
    });
    const told = h("span", { role: "status", class: "hint" });
    const verdicts = validation(wanted);
    const foot = h("div", { class: "acts foot", hidden: true }, save, discard, told, verdicts.node);
    const node = h(
        "form",
        { novalidate: true, on: { submit: (event) => (event.preventDefault(), busy(save, store)) } },
        h(
            "fieldset",
            { class: "card", data: { section: name } },
            h("legend", {}, name),
            fields.map((f) => f.node),
            foot,
        ),
    );

    const dirty = () => fields.filter((f) => f.isDirty());

    // null: nothing, or nothing that could be right.
    function wanted() {
        try {
            return dirty().length ? nested(dirty().map((f) => [f.setting.path, f.value()])) : null;
        } catch {
            return null;
        }
    }

    function edited() {
        verdicts.ask();
        const n = dirty().length;
        foot.hidden = n === 0;
        put(told, n ? `${count(n, "change")}, not saved` : "");
        mark(node, "dirty", n ? "yes" : null);
    }

    // What the server says is wrong stands where it is wrong; what has no place here is told.
    function place(error) {
        const rest = error.issues.filter((issue) => {
            const found = fields.find((f) => issue.path === f.setting.path || issue.path.startsWith(`${f.setting.path}.`));
            found?.complain(issue.message);
            return !found;
        });
        fields.find((f) => f.hasError())?.focus();
        if (rest.length || error.issues.length === 0) throw error;
        return null;
    }

    async function store() {
        const changed = dirty();
        for (const f of fields) f.complain("");
        const wrong = changed.filter((f) => f.isWrong())[0];
        if (wrong) return wrong.focus();
        const sent = new Map(changed.map((f) => [f, f.text()]));
        const before = nested(changed.map((f) => [f.setting.path, f.setting.in_file]));
        const wanted = nested(changed.map((f) => [f.setting.path, f.value()]));
        const again = async () => {
            const reply = await send("/api/config", before);
            await reload(name);
            return reply;
        };
        const what = changed.length > 2 ? `${changed.length} settings of ${name}` : changed.map((f) => f.setting.path).join(", ");
        const isSecret = JSON.stringify(before).includes("********");
        const reply = await attempt(
            async () => {
                try {
                    return await send("/api/config", wanted, { why: WHY });
                } catch (error) {
                    if (error.status !== 422) throw error;
                    return place(error);
                }
            },
            `${what} saved`,
            isSecret ? undefined : { run: again, done: "It is as it was" },
        );
        if (!reply) return;
        for (const [f, text] of sent) f.saved(text);
        await reload(name);
        // Whoever has gone on to another field stays there.
        if (document.activeElement === document.body) document.getElementById(`set:${changed[0].setting.path}`)?.focus();
        refreshNow();
    }

    edited();
    return { name, node, fields, isDirty: () => dirty().length > 0 };
}

// ---- The view ----

export function open(root, place) {
    let sections = [];
    let loads = 0; // the answer to the last one counts
    const stored = new Set(); // sections that were saved, or "*", and are not drawn anew yet
    const search = h("input", {
        id: "settings-search",
        type: "search",
        "aria-label": "Search settings",
        placeholder: "Search settings",
        value: place.params.q ?? "",
        on: { input: () => filter() },
    });
    const changed = h("input", { id: "settings-changed", type: "checkbox", on: { change: () => filter() } });
    const counted = h("p", { class: "hint", id: "settings-count", role: "status" });
    const broken = h("p", { class: "problem", role: "alert" });
    const doubts = h("ul", { id: "settings-warnings", class: "plain verdicts" });
    const list = h("div", { id: "settings" });
    const files = exchange(() => reload("*"));
    root.append(
        h("h1", { tabindex: -1 }, title),
        h(
            "p",
            { class: "lead" },
            "A label on a container wins over a variable, that over config.json, and that over the default. ",
            "What is saved holds at once, but for what is read at the start.",
        ),
        h(
            "div",
            { class: "bar" },
            search,
            h("label", { class: "tick", for: "settings-changed" }, changed, "only what is not the default"),
            counted,
        ),
        broken,
        doubts,
        list,
        files.node,
    );

    function filter() {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        let n = 0;
        let all = 0;
        for (const s of sections) {
            let any = false;
            for (const f of s.fields) {
                const text = `${f.setting.path} ${f.setting.help} ${f.setting.env ?? ""} ${f.setting.label ?? ""}`.toLowerCase();
                const fits =
                    words.every((word) => text.includes(word)) &&
                    (!changed.checked || f.setting.source !== "default" || f.setting.labels_total > 0 || f.isDirty());
                f.node.hidden = !fits;
                any ||= fits;
                n += fits;
                all++;
            }
            s.node.hidden = !any;
        }
        put(counted, n === all ? count(all, "setting") : `${n} of ${count(all, "setting")}`);
        const params = new URLSearchParams(search.value ? { q: search.value } : {});
        place.remember(params);
    }

    // What somebody is typing stays. saved: the section that was just stored; "*": all of it; "": none.
    async function reload(saved) {
        if (saved) stored.add(saved);
        else if (sections.some((s) => s.isDirty())) return;
        const load = ++loads;
        let settings;
        try {
            settings = await get("/api/config/settings");
            if (load !== loads) return;
        } catch (error) {
            fail(error, "The configuration cannot be read");
            return;
        }
        const focused = list.contains(document.activeElement) ? document.activeElement.id : "";
        const isKept = (s) => s.isDirty() && !stored.has(s.name) && !stored.has("*");
        const typed = new Map(sections.filter(isKept).map((s) => [s.name, s]));
        stored.clear();
        const names = [...new Set(settings.map((s) => sectionOf(s.path)))];
        sections = names.map(
            (name) =>
                typed.get(name) ??
                section(
                    name,
                    settings.filter((s) => sectionOf(s.path) === name),
                    reload,
                ),
        );
        list.replaceChildren(...sections.map((s) => s.node));
        filter();
        if (focused) document.getElementById(focused)?.focus();
    }

    // What is doubtful in what holds already.
    let drawn = "";
    function drawDoubts() {
        const warnings = known.status?.config_warnings ?? [];
        const print = JSON.stringify(warnings);
        if (print === drawn) return;
        drawn = print;
        doubts.replaceChildren(...warnings.map((text) => h("li", {}, "Warning: ", said(text))));
    }

    reload("");
    drawDoubts();
    const stops = [
        on("config", (told) => {
            put(broken, told && !told.valid ? `config.json is not in force: ${told.error}` : "");
            reload("");
        }),
        on("status", drawDoubts),
    ];
    return {
        update(next) {
            if ("q" in next.params && next.params.q !== search.value) {
                search.value = next.params.q;
                filter();
            }
        },
        close: () => stops.forEach((stop) => stop()),
        search,
    };
}
