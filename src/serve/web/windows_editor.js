// SPDX-License-Identifier: MIT
// maintenance.windows: weekly times, one fieldset each.

import { get, put as send } from "./api.js";
import { button, complain, field, h, mark, put, select } from "./dom.js";
import { attempt, busy } from "./notices.js";
import { on, refreshNow } from "./store.js";

const DAYS = [
    ["mon", "Mon"],
    ["tue", "Tue"],
    ["wed", "Wed"],
    ["thu", "Thu"],
    ["fri", "Fri"],
    ["sat", "Sat"],
    ["sun", "Sun"],
];

function windowFields(w, number, remove) {
    const days = DAYS.map(([day, label]) =>
        h(
            "label",
            { class: "tick" },
            h("input", { type: "checkbox", name: "day", value: day, checked: w.days?.includes(day) ?? false }),
            label,
        ),
    );
    const time = (name, value, pattern) =>
        h("input", { name, type: "text", value, size: 5, required: true, pattern });
    const from = time("from", w.from ?? "02:00", "([01][0-9]|2[0-3]):[0-5][0-9]");
    const to = time("to", w.to ?? "04:00", "([01][0-9]|2[0-3]):[0-5][0-9]|24:00");
    const zone = select(
        [
            ["local", "local time of serve"],
            ["utc", "UTC"],
        ],
        w.timezone ?? "local",
        { name: "timezone" },
    );
    const scope = h("input", { name: "scope", type: "text", value: w.scope ?? "", spellcheck: "false" });
    const set = h(
        "fieldset",
        { data: { window: number } },
        h("legend", {}, `Window ${number + 1}`),
        h("div", { class: "ticks", role: "group", "aria-label": "Days on which it begins; none: every day" }, days),
        h(
            "div",
            { class: "fields" },
            field("From", from),
            field("To", to, "If not later than From: on the next day"),
            field("Time", zone),
            field("Of", scope, "Empty: all containers"),
        ),
        button("Remove this window", "window-remove", () => remove(set)),
    );
    return set;
}

// What is the default is not written down.
function windowOf(set) {
    const value = (name) => set.querySelector(`[name=${name}]`).value.trim();
    const days = [...set.querySelectorAll("[name=day]:checked")].map((box) => box.value);
    return {
        ...(days.length ? { days } : {}),
        from: value("from"),
        to: value("to"),
        ...(value("timezone") === "utc" ? { timezone: "utc" } : {}),
        ...(value("scope") ? { scope: value("scope") } : {}),
    };
}

export function windowsEditor() {
    let saved = []; // as the server has them
    let loads = 0; // the answer to the last one counts
    let unchanged = "[]"; // the same, as the form says it
    const sets = h("div", {});
    const problem = h("p", { class: "problem", role: "alert" });
    const discard = button("Discard", "windows-discard", () => (fill(), load()));
    // Not before it is known what is there: what is saved takes the place of all of it.
    const adder = button("Add a window", "window-add", () => add());
    adder.hidden = true;
    const save = h("button", { type: "submit", class: "primary", data: { action: "windows-save" } }, "Save the windows");
    const form = h(
        "form",
        {
            id: "windows",
            novalidate: true,
            on: { submit: (event) => (event.preventDefault(), busy(save, store)), input: () => edited() },
        },
        sets,
        problem,
        h("div", { class: "acts" }, adder, save, discard),
    );
    const node = h(
        "section",
        { class: "card", "aria-labelledby": "weekly-h" },
        h("h2", { id: "weekly-h" }, "Every week"),
        h(
            "p",
            { class: "hint" },
            "maintenance.windows of the configuration: times at which restarts do not happen, each week anew.",
        ),
        form,
    );

    function edited() {
        const isDirty = JSON.stringify(all()) !== unchanged;
        mark(form, "dirty", isDirty ? "yes" : null);
        save.hidden = discard.hidden = !isDirty;
        put(problem, "");
    }

    const all = () => [...sets.children].map(windowOf);

    function renumber() {
        [...sets.children].forEach((set, i) => {
            set.dataset.window = i;
            put(set.querySelector("legend"), `Window ${i + 1}`);
        });
        edited();
    }

    function remove(set) {
        const next = set.nextElementSibling ?? set.previousElementSibling;
        set.remove();
        renumber();
        (next?.querySelector("input") ?? adder).focus();
    }

    function add() {
        sets.append(windowFields({}, sets.children.length, remove));
        edited();
        sets.lastElementChild.querySelector("input").focus();
    }

    function fill() {
        sets.replaceChildren(...saved.map((w, i) => windowFields(w, i, remove)));
        unchanged = JSON.stringify(all());
        edited();
    }

    // [{ input, message }]: the first one gets the focus.
    function refuse(problems) {
        for (const input of sets.querySelectorAll("[aria-invalid]")) complain(input, "");
        for (const { input, message } of problems) complain(input, message);
        sets.querySelector("[aria-invalid]")?.focus();
    }

    const misread = () =>
        [...sets.querySelectorAll("input:invalid")].map((input) => ({
            input,
            message: `It must be a time from 00:00 to ${input.name === "to" ? "24:00" : "23:59"}`,
        }));

    const placeOf = (sent, path) => {
        const [, n, name] = /^maintenance\.windows\.(\d+)\.(from|to|scope)$/.exec(path) ?? [];
        return sent[n]?.querySelector(`[name=${name}]`);
    };

    async function store() {
        const wrong = misread();
        refuse(wrong);
        if (wrong.length) return;
        const before = saved;
        const sent = [...sets.children];
        const set = (windows) =>
            send("/api/config", { maintenance: { windows } }, { why: "Changing the windows needs the token." });
        const wanted = all();
        const tryIt = async () => {
            try {
                return await set(wanted);
            } catch (error) {
                const problems = (error.issues ?? []).map(({ path, message }) => ({ input: placeOf(sent, path), message }));
                const placed = problems.filter(({ input }) => input);
                refuse(placed);
                if (!placed.length || placed.length < problems.length) throw error;
                return null;
            }
        };
        const reply = await attempt(tryIt, "The windows are saved", {
            run: async () => {
                const undone = await set(before);
                saved = before;
                if (!form.dataset.dirty) fill(); // what is typed stays
                return undone;
            },
            done: "The windows are as they were",
        });
        if (!reply) return;
        loads++; // what was asked for before knows less
        saved = wanted;
        unchanged = JSON.stringify(wanted);
        edited(); // what was typed meanwhile stays
        refreshNow();
    }

    async function load() {
        if (form.dataset.dirty) return;
        const load = ++loads;
        try {
            const windows = ((await get("/api/config")).maintenance?.windows ?? []).map((w) =>
                Object.fromEntries(Object.entries(w).filter(([, value]) => value !== null)),
            );
            if (load !== loads || form.dataset.dirty) return;
            const isNew = adder.hidden || JSON.stringify(windows) !== JSON.stringify(saved);
            saved = windows;
            adder.hidden = false;
            if (isNew) fill();
        } catch (error) {
            if (error.status === undefined) throw error;
            put(problem, error.message);
        }
    }

    edited();
    load();
    const stop = on("config", load);
    return { node, close: stop };
}
