// SPDX-License-Identifier: MIT
// The dry run: what would be decided now; and a pass, now.

import { post, request } from "./api.js";
import { button, h, mark, put, redraw, said, tableHead } from "./dom.js";
import { attempt, busy, confirm, fail } from "./notices.js";
import { refreshNow } from "./store.js";
import { told } from "./told.js";
import { at, count, nextAction, part, restartsText, standing, tone } from "./words.js";

const PASS_PATIENCE_MS = 610000; // its restarts are waited for

export const title = "Dry run";

const isDecided = (item) => item.decision !== "none" && item.decision !== "skip";

function planRow(item) {
    return h(
        "tr",
        { data: { container: item.name, decision: item.decision } },
        h("th", { scope: "row" }, h("a", { href: `#/containers/${part(item.name)}` }, said(item.name))),
        h("td", {}, h("span", { class: "badge", data: { tone: tone(item) } }, standing(item))),
        h("td", {}, item.decision),
        h("td", {}, nextAction(item)),
        h("td", {}, restartsText(item)),
        h("td", {}, told(item.detail)),
    );
}

function sumUp(items, reply) {
    const by = new Map();
    for (const item of items.filter(isDecided)) by.set(item.decision, (by.get(item.decision) ?? 0) + 1);
    const parts = [...by].map(([decision, n]) => `${n} ${decision}`);
    const age =
        reply.headers.get("X-Autoheal-Engine-Connected") === "false"
            ? ` The engine is away: as of ${at(reply.headers.get("X-Autoheal-As-Of"))}.`
            : "";
    const what = parts.length ? `Would be decided now: ${parts.join(", ")}` : "Nothing would be done now";
    return `${what}, of ${count(items.length, "container")}.${age}`;
}

// As the last line of `docker autoheal run`.
function passText(s) {
    const neither = s.monitored - s.ok - s.failing;
    const seen = `${s.monitored} monitored (${s.ok} ok, ${s.failing} failing, ${neither} neither), ${s.quarantined} quarantined`;
    const done = `${s.restarted} restarted, ${s.held} held, ${s.released} released, ${s.failed} failed`;
    return `${seen}: ${done} (${(s.duration_ms / 1000).toFixed(1)} s)`;
}

export function open(root) {
    let items = [];
    let looks = 0; // the answer to the last one counts
    const summary = h("p", { id: "plan-summary", role: "status" });
    const body = h("tbody", {});
    const table = h("table", { id: "plan" }, tableHead("Container", "Verdict", "Decision", "Next action", "Restarts", "Why"), body);
    const all = h("input", { id: "plan-all", type: "checkbox", on: { change: () => draw() } });
    const result = h("div", { id: "pass-result", role: "status" });
    const again = button("Dry run", "plan", (event) => busy(event.currentTarget, look));
    const pass = button("Run a pass now", "pass", (event) =>
        confirm(event.currentTarget, { yes: "Run a pass now", question: "What is due is done." }, run),
    );
    root.append(
        h("h1", { tabindex: -1 }, title),
        h("p", { class: "lead" }, "As docker autoheal run --dry-run: looks at what is known, decides, changes nothing."),
        h("div", { class: "bar" }, again, pass, h("label", { class: "tick", for: "plan-all" }, all, "also those with nothing due")),
        result,
        summary,
        h("div", { class: "table" }, table),
    );

    function draw() {
        const shown = items
            .filter((item) => all.checked || isDecided(item))
            .sort((a, b) => isDecided(b) - isDecided(a) || a.name.localeCompare(b.name));
        redraw(body, () => body.replaceChildren(...shown.map(planRow)));
        table.hidden = shown.length === 0;
    }

    async function look() {
        const turn = ++looks;
        try {
            const { value, reply } = await request("GET", "/api/plan");
            if (turn !== looks) return;
            items = value.map((item) => ({ ...item, name: item.name || item.id.slice(0, 12) }));
            put(summary, sumUp(items, reply));
            draw();
        } catch (error) {
            fail(error, "No dry run");
        }
    }

    async function run() {
        mark(result, "state", "running");
        put(result, "It looks…");
        const reply = await attempt(() =>
            post("/api/pass", undefined, { why: "A pass needs the token.", patience: PASS_PATIENCE_MS }),
        );
        const s = reply?.summary;
        put(result, s ? passText(s) : "");
        mark(result, "state", s ? "done" : null);
        await Promise.all([look(), refreshNow()]);
    }

    look();
    return { close() {} };
}
