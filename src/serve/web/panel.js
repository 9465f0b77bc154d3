// SPDX-License-Identifier: MIT
// One container: what can be done about it, why it is treated as it is, what the engine says of it, its check, its history.

import { forget, monitor, quarantineButton, releaseButton, restartButton } from "./actions.js";
import { get } from "./api.js";
import { checkEditor } from "./check_editor.js";
import { ticking } from "./clock.js";
import { button, definitions, h, keyed, mark, put, renew, said, tableHead } from "./dom.js";
import { eventItem } from "./event.js";
import { busy } from "./notices.js";
import { eventsOf, find, known, on } from "./store.js";
import { timeline } from "./timeline.js";
import { localTimes, told } from "./told.js";
import { at, nextAction, part, restartsText, tone, verdictText } from "./words.js";

const EVENTS_SHOWN = 20;

// What, if it changes, makes a closer look worth it; times in sentences do not.
const print = (c) =>
    JSON.stringify([
        c.full_id,
        c.state,
        c.health,
        c.verdict,
        c.verdict_reason,
        c.decision,
        c.reason,
        c.restarts,
        c.quarantined,
        c.monitored,
        c.labels,
    ]);

// ---- Explain ----

function ruleRow(r) {
    const result = r.decides ? "decides" : r.reached ? "passed" : "not asked";
    return h(
        "tr",
        { data: { rule: r.rule, result: result.replace(" ", "-") } },
        h("td", {}, result),
        h("th", { scope: "row" }, r.rule),
        h("td", {}, told(r.finding)),
    );
}

function explainTable() {
    const body = h("tbody", {});
    const age = h("p", { class: "hint" });
    const node = h(
        "section",
        { class: "part", "aria-label": "Explain" },
        h("h3", {}, "Explain: every rule in order"),
        h("table", { id: "rules", class: "rules" }, tableHead("Result", "Rule", "Finding"), body),
        age,
    );
    return {
        node,
        draw(explained) {
            body.replaceChildren(...explained.rules.map(ruleRow));
            put(age, explained.engine_connected ? "" : `The engine is away: as of ${at(explained.as_of)}.`);
        },
    };
}

// ---- Details ----

function memoryOf(d) {
    const policy = d.restart_policy;
    return policy && (policy.MaximumRetryCount ? `${policy.Name}:${policy.MaximumRetryCount}` : policy.Name);
}

function detailsOf(d) {
    return definitions("details", [
        ["Stable id", d.stable_id],
        ["Id", d.full_id],
        ["Image", d.image],
        ["Image id", d.image_id],
        ["Engine says", d.status_text],
        ["State", d.status],
        [
            "Health",
            d.health.status
                ? `${d.health.status}${d.health.failing_streak ? `, ${d.health.failing_streak} failed in a row` : ""}`
                : "no health check of the engine's",
        ],
        ["Exit code", d.exit_code],
        ["Out of memory", d.state?.OOMKilled ? "yes" : null],
        ["Error", d.state?.Error],
        ["Created", at(d.created)],
        ["Started", at(d.started_at)],
        ["Finished", at(d.finished_at)],
        ["Restart policy", memoryOf(d)],
        ["Restarted by the engine", d.restart_count],
        ["Restarts that count", `${d.recent_restart_count} of ${d.max_restarts}`],
        ["Restarts by autoheal in all", d.total_restart_count],
        ["Monitored", `${d.monitored ? "yes" : "no"}: ${d.monitored_because ?? ""}`],
        ["Compose project", d.compose_project],
        ["Compose service", d.compose_service],
        ["Networks", d.networks?.join(", ")],
    ]);
}

// With each probe other words come, into the same place: whoever reads there stays.
function probeBox() {
    const how = h("p", { class: "hint" });
    const words = said("");
    const text = h("pre", { id: "probe", tabindex: 0, "aria-label": "What the last health probe said" }, words);
    const node = h("div", { hidden: true }, h("h3", {}, "Last health probe"), how, text);
    return {
        node,
        take(log) {
            node.hidden = !log;
            if (!log) return;
            put(how, `exit code ${log.ExitCode}, ${at(log.End)}`);
            put(words, log.Output || "It said nothing.");
        },
    };
}

function badgeText(c) {
    const isJudged = c.monitored || c.quarantined;
    const parts = [isJudged ? verdictText(c) : c.status, c.monitored ? `restarts ${restartsText(c)}` : "not monitored"];
    return (c.quarantined ? ["quarantined", ...parts] : parts).join(", ");
}

// The element stays as long as what it shows does: what somebody has opened or marked there is not lost.
function drawn(draw) {
    let print = "";
    const node = h("div", {});
    return {
        node,
        take(value) {
            const now = JSON.stringify(value);
            if (now !== print) node.replaceChildren(...[draw(value)].flat());
            print = now;
        },
    };
}

function labelsOf(labels) {
    const entries = Object.entries(labels ?? {}).sort(([a], [b]) => a.localeCompare(b));
    return h(
        "details",
        { id: "labels" },
        h("summary", {}, `Labels (${entries.length})`),
        h(
            "dl",
            { class: "facts" },
            entries.map(([key, value]) => h("div", {}, h("dt", {}, said(key)), h("dd", {}, said(value)))),
        ),
    );
}

// ---- The panel ----

export function openPanel(parent, name, goBack) {
    const heading = h("h2", { tabindex: -1 }, said(name));
    const badge = h("span", { class: "badge" });
    const next = ticking(h("p", { class: "next" }), () => nextText());
    const acts = h("div", { class: "acts" });
    const choices = h("div", { class: "acts" });
    const problem = h("p", { class: "problem", role: "status" });
    const explain = explainTable();
    const probe = probeBox();
    const facts = drawn(detailsOf);
    const labels = drawn(labelsOf);
    const details = h("section", { class: "part", "aria-label": "Details" }, h("h3", {}, "Details"), facts.node, labels.node);
    const editor = checkEditor(() => find(name)?.full_id ?? name, name);
    const events = h("ol", { class: "events plain" });
    const history = h("section", { class: "part", "aria-label": "History" });
    const node = h(
        "aside",
        { id: "panel", data: { container: name }, "aria-label": `Container ${name}` },
        h("header", {}, heading, badge, button("Close", "close", goBack, { class: "quiet", "aria-label": `Close ${name}` })),
        next,
        problem,
        acts,
        choices,
        probe.node,
        explain.node,
        history,
        editor.node,
        details,
    );
    const parts = [explain.node, history, editor.node, details];
    const showEvents = keyed(events, { key: (e) => e, make: (e) => eventItem(e) });
    let lanes = null;
    let shown = "";
    let actsFor = ""; // which container, and whether it was quarantined
    let wanted = null; // to be looked at more closely next
    let isLooking = false;
    let isOld = false;
    let isClosed = false;
    parent.replaceChildren(node);
    node.addEventListener(
        "keydown",
        (event) => event.key === "Escape" && !event.target.closest("input, textarea, select") && goBack(),
    );

    function nextText() {
        const c = find(name);
        if (!c) return "";
        const text = nextAction(c);
        return text ? `Next action: ${text}` : "";
    }

    function drawActs(c) {
        const act = (label, action, run, title, name = `${label} ${c.name}`) =>
            button(label, action, (event) => busy(event.currentTarget, run), {
                data: { container: c.name },
                title,
                "aria-label": name,
            });
        renew(
            acts,
            restartButton(c),
            c.quarantined ? releaseButton(c) : quarantineButton(c),
            button("Maintenance…", "maintenance", () => (location.hash = `#/maintenance?scope=${part(c.stable_id)}`), {
                data: { container: c.name },
                "aria-label": `Maintenance of ${c.name}`,
            }),
        );
        renew(
            choices,
            act("Monitor", "monitor", () => monitor([c], true), "Whatever its labels say"),
            act("Ignore", "ignore", () => monitor([c], false), "Never touch it"),
            act(
                "Forget",
                "forget",
                () => forget(find(name) ?? c),
                "Neither monitored nor ignored by choice: its labels and the filters decide",
                `Forget the choice about ${c.name}`,
            ),
        );
    }

    // One look at a time, and of those that were asked for meanwhile the last: no answer overtakes another.
    async function look(c) {
        wanted = c;
        if (isLooking) return;
        isLooking = true;
        try {
            while (wanted && !isClosed) {
                const next = wanted;
                wanted = null;
                await lookOnce(next);
            }
        } finally {
            isLooking = false;
        }
    }

    async function lookOnce(c) {
        try {
            const explained = await get(`/api/containers/${c.full_id}/explain`, { quiet: true });
            if (isClosed) return;
            explain.draw(explained);
            const d = await get(`/api/containers/${c.full_id}`, { quiet: true });
            if (isClosed) return;
            probe.take(d.health?.log ?? null);
            facts.take({ ...d, labels: null, detail: "", health: { ...d.health, log: null } });
            labels.take(d.labels);
            editor.take(d);
            isOld = false;
            put(problem, "");
        } catch (error) {
            if (error.status === undefined) throw error;
            isOld = true;
            if (!isClosed) put(problem, `What is shown may be old: ${localTimes(error.message)}`);
        }
    }

    function drawHistory(c) {
        if (!lanes) {
            lanes = timeline({ only: c.stable_id, id: "panel-timeline" });
            history.replaceChildren(
                h("h3", {}, "History"),
                lanes.node,
                events,
                h("p", {}, h("a", { href: `#/events?container=${part(c.name)}` }, "All its events")),
            );
        }
        showEvents(eventsOf(c.name, c.stable_id).slice(-EVENTS_SHOWN).reverse());
    }

    function draw() {
        const c = find(name);
        if (!c) {
            put(problem, known.seen ? "There is no such container any more." : known.unseen);
            put(badge, known.seen ? "gone" : "");
            mark(badge, "tone", null);
            put(next, "");
            for (const each of parts) each.hidden = !lanes; // nothing was ever known of it
            shown = "";
            return;
        }
        for (const each of parts) each.hidden = false;
        const now = print(c);
        put(badge, badgeText(c));
        put(next, nextText());
        mark(badge, "tone", tone(c));
        if (now === shown) return;
        const acting = `${c.full_id} ${c.name} ${c.quarantined}`;
        if (actsFor !== acting) drawActs(c);
        actsFor = acting;
        shown = now;
        drawHistory(c);
        look(c);
    }

    const mine = (change) => {
        const c = find(name);
        if (!c || change.changed.has(c.full_id) || change.added.has(c.full_id)) draw();
    };
    const stops = [
        on("containers", mine),
        on("events", () => find(name) && drawHistory(find(name))),
        on("status", () => isOld && !isLooking && find(name) && look(find(name))),
    ];
    draw();
    return {
        name,
        focus: () => heading.focus(),
        close() {
            isClosed = true;
            stops.forEach((stop) => stop());
            lanes?.close();
            node.remove();
        },
    };
}
