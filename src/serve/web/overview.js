// SPDX-License-Identifier: MIT
// The overview: is all well, who is sick and why, what happens next and when, what happened.

import { quarantineButton, releaseButton, restartButton } from "./actions.js";
import { ticking } from "./clock.js";
import { definitions, h, keyed, mark, put, renew, said } from "./dom.js";
import { eventItem } from "./event.js";
import { maintenanceSwitch } from "./maintenance_switch.js";
import { releaseGone } from "./gone.js";
import { find, known, on } from "./store.js";
import { timeline } from "./timeline.js";
import { tell } from "./told.js";
import {
    ago,
    at,
    count,
    hour,
    isDue,
    isOdd,
    isSick,
    nextAction,
    part,
    restartsText,
    standing,
    time,
    tone,
    verdictText,
    zone,
} from "./words.js";

const SICK_MOST = 50;
const NEXT_MOST = 10;
const RECENT = 8;

export const title = "Overview";

const link = (name) => h("a", { href: `#/containers/${part(name)}` }, said(name));
const byName = (a, b) => a.name.localeCompare(b.name);

// ---- One sentence ----

const PARTS = [
    [(n) => n.loose, "failing"],
    [(n) => n.quarantined, "quarantined"],
];

function numbers() {
    const all = [...known.containers.values()];
    const monitored = all.filter((c) => c.monitored);
    return {
        total: all.length,
        monitored: monitored.length,
        ok: monitored.filter((c) => c.verdict === "ok").length,
        failing: monitored.filter((c) => c.verdict === "failing").length, // as `status` counts, and as the link of the number shows
        loose: monitored.filter((c) => c.verdict === "failing" && !c.quarantined).length,
        quarantined: known.status?.quarantined_containers ?? all.filter((c) => c.quarantined).length,
    };
}

// [state, sentence, what stands beneath]
function headline() {
    const n = numbers();
    if (known.unseen) return ["unknown", "The engine was not seen yet", known.unseen];
    if (!known.status && known.connection === "token") return ["unknown", "The token is needed", ""];
    if (!known.status || (known.containers.size === 0 && known.status.total_containers > 0)) return ["unknown", "Looking…", ""];
    const wrong = PARTS.map(([number, word]) => [number(n), word])
        .filter(([k]) => k > 0)
        .map(([k, word]) => `${k} ${word}`);
    const rest = `${n.ok} of ${count(n.monitored, "monitored container")} ok`;
    if (wrong.length) return [n.loose ? "failing" : "quarantined", wrong.join(", "), rest];
    if (n.monitored === 0) {
        const { label_key: key, label_value: value } = known.status.config?.monitor ?? {};
        return ["unknown", "No container is monitored", `Give one the label ${key}=${value}, or choose some under Containers.`];
    }
    return ["ok", n.ok === n.monitored ? "All is well" : "Nothing is failing", rest];
}

// ---- Lists ----

function whyText(c) {
    if (!c.quarantined) return c.verdict_detail || c.detail || verdictText(c);
    const who = c.quarantined_by === "person" ? "by a person" : "by autoheal";
    const since = c.quarantined_since ? ` since ${at(c.quarantined_since)}` : "";
    const why = c.quarantine_reason ? ` (${c.quarantine_reason})` : "";
    return `quarantined ${who}${since}${why}${c.verdict_detail ? `; ${c.verdict_detail}` : ""}`;
}

const parts = new WeakMap(); // item -> what changes in it

function sickItem(c) {
    const own = {
        badge: h("span", { class: "badge" }),
        why: said("", {}),
        restarts: h("span", {}),
        next: ticking(h("span", { class: "countdown" }), () => nextAction(find(c.name) ?? c)),
        acts: h("span", { class: "acts" }),
    };
    const node = h(
        "li",
        { class: "sick", data: { container: c.name } },
        h("div", { class: "who" }, link(c.name), own.badge),
        h("p", { class: "why" }, own.why),
        h("p", { class: "meta" }, own.restarts, h("span", {}, "next: ", own.next)),
        h(
            "div",
            { class: "acts" },
            h(
                "a",
                {
                    class: "button",
                    href: `#/containers/${part(c.name)}`,
                    data: { action: "explain", container: c.name },
                    "aria-label": `Explain ${c.name}`,
                },
                "Explain",
            ),
            own.acts,
        ),
    );
    parts.set(node, own);
    return node;
}

function updateSick(node, c) {
    const own = parts.get(node);
    mark(node, "tone", tone(c));
    mark(own.badge, "tone", tone(c));
    put(own.badge, standing(c));
    tell(own.why, whyText(c));
    put(own.next, nextAction(c));
    put(own.restarts, `restarts ${restartsText(c) || "0"}`);
    if (node.dataset.quarantined === String(c.quarantined)) return;
    mark(node, "quarantined", c.quarantined);
    renew(own.acts, restartButton(c), c.quarantined ? releaseButton(c) : quarantineButton(c));
}

function oddItem(c) {
    const own = { badge: h("span", { class: "badge", data: { tone: "odd" } }), why: said("", {}) };
    const node = h("li", { data: { container: c.name } }, link(c.name), " ", own.badge, h("p", { class: "why" }, own.why));
    parts.set(node, own);
    return node;
}

function updateOdd(node, c) {
    put(parts.get(node).badge, verdictText(c));
    tell(parts.get(node).why, c.detail || c.verdict_detail);
}

function nextItem(c) {
    return h(
        "li",
        { data: { container: c.name } },
        link(c.name),
        " ",
        ticking(h("span", { class: "countdown" }), () => nextAction(find(c.name) ?? c)),
        " ",
        h("time", { datetime: c.until, class: "hint", title: at(c.until) }, `at ${hour(time(c.until))}`),
    );
}

// ---- The view ----

function countTile(key, label, show) {
    const number = h("span", { class: "number" }, "–");
    return [
        number,
        h("a", { class: "count", href: `#/containers?show=${show}`, data: { count: key } }, number, h("span", {}, label)),
    ];
}

function section(id, heading, ...content) {
    return h("section", { class: "card", "aria-labelledby": `${id}-h` }, h("h2", { id: `${id}-h` }, heading), ...content);
}

export function open(root) {
    const sentence = h("p", { class: "headline", data: { headline: "" } });
    const beneath = h("p", { class: "lead" });
    const tiles = Object.fromEntries(
        [
            ["total", "containers", "all"],
            ["monitored", "monitored", "monitored"],
            ["failing", "failing", "failing"],
            ["quarantined", "quarantined", "quarantined"],
        ].map(([key, ...rest]) => [key, countTile(key, ...rest)]),
    );
    const sick = h("ul", { id: "sick", class: "plain" });
    const sickMore = h("p", {});
    const odd = h("ul", { id: "odd", class: "plain" });
    const next = h("ul", { id: "next", class: "plain" });
    const nextNone = h("p", { class: "hint" });
    const recent = h("ol", { id: "recent", class: "events plain" });
    const engine = h("div", {});
    const lanes = timeline({ id: "timeline" });
    const gone = releaseGone();
    const sickCard = section("sick-card", "What is failing, and why", sick, sickMore, gone.node);
    const oddCard = section("odd-card", "Worth a look", h("p", { class: "hint" }, "Nothing follows by itself here."), odd);
    const maintenance = maintenanceSwitch();

    root.append(
        h("h1", { tabindex: -1 }, title),
        h("div", { class: "top" }, h("div", { class: "say" }, sentence, beneath), maintenance.node),
        h(
            "div",
            { class: "counts" },
            Object.values(tiles).map(([, tile]) => tile),
        ),
        h(
            "div",
            { class: "columns" },
            h("div", {}, sickCard, oddCard, section("timeline-card", "Restarts and quarantines", lanes.node)),
            h(
                "div",
                {},
                section("next-card", "What happens next", next, nextNone),
                section("recent-card", "What happened", recent, h("p", {}, h("a", { href: "#/events" }, "All events"))),
                section("engine-card", "Engine", engine),
            ),
        ),
    );

    const showSick = keyed(sick, { key: (c) => `${c.full_id} ${c.name}`, make: sickItem, update: updateSick });
    const showOdd = keyed(odd, { key: (c) => `${c.full_id} ${c.name}`, make: oddItem, update: updateOdd });
    const showNext = keyed(next, { key: (c) => `${c.full_id} ${c.until}`, make: nextItem });
    const showRecent = keyed(recent, { key: (e) => e, make: (e) => eventItem(e) });

    function drawContainers() {
        gone.draw();
        const all = [...known.containers.values()];
        const ordered = all.filter(isSick).sort((a, b) => a.quarantined - b.quarantined || byName(a, b));
        showSick(ordered.slice(0, SICK_MOST));
        sickMore.replaceChildren(
            ...(ordered.length > SICK_MOST
                ? [h("a", { href: "#/containers?show=sick" }, `${ordered.length - SICK_MOST} more`)]
                : []),
        );
        sickCard.hidden = ordered.length === 0 && gone.node.hidden;
        const odds = all.filter(isOdd).sort(byName).slice(0, NEXT_MOST);
        showOdd(odds);
        oddCard.hidden = odds.length === 0;
        const due = all
            .filter(isDue)
            .sort((a, b) => time(a.until) - time(b.until))
            .slice(0, NEXT_MOST);
        showNext(due);
        put(nextNone, due.length || !known.status ? "" : "Nothing is due: no restart and no release waits for its time.");
        drawNumbers();
    }

    function drawNumbers() {
        const [state, text, rest] = headline();
        mark(sentence, "state", state);
        mark(sentence, "tone", state);
        put(sentence, text);
        put(beneath, rest);
        const n = numbers();
        const isKnown = known.status && !known.unseen; // no zero where nothing was seen
        for (const [key, [number]] of Object.entries(tiles)) put(number, isKnown ? String(n[key]) : "–");
        const what = n.quarantined ? (n.loose ? "failing or quarantined" : "quarantined") : "failing";
        put(sickCard.firstElementChild, `What is ${what}, and why`);
        mark(tiles.failing[1], "tone", n.failing ? "failing" : "ok");
        mark(tiles.quarantined[1], "tone", n.quarantined ? "quarantined" : "ok");
    }

    function drawEngine() {
        const s = known.status;
        if (!s) return;
        const lastTurn = ticking(h("span", {}), () => ago(known.status?.last_turn));
        engine.replaceChildren(
            definitions("engine", [
                ["Endpoint", s.engine.endpoint],
                ["Connected", s.engine.connected ? `yes, since ${at(s.engine.since)}` : `no: ${s.engine.error ?? ""}`],
                ["API version", s.engine.api_version],
                ["Events watched", s.engine.events_watched ? "yes" : "no"],
                ["Last turn", lastTurn],
                ["Looks at all every", `${s.config?.monitor?.interval_seconds} s`],
                ["Data directory", s.data_dir],
                ["docker-autoheal", s.version],
                ["Began", at(s.started_at)],
                ["Times on this page", `local, ${zone()}`],
            ]),
        );
    }

    let enginePrint = "";
    function drawStatus() {
        const s = known.status;
        const print = s && JSON.stringify([s.engine, s.data_dir, s.version, s.started_at, s.config?.monitor]);
        if (print !== enginePrint) drawEngine();
        enginePrint = print;
        drawContainers();
    }

    function drawRecent() {
        showRecent((known.events ?? []).slice(-RECENT).reverse());
    }

    const stops = [
        on("containers", drawContainers),
        on("status", drawStatus),
        on("connection", drawNumbers),
        on("events", drawRecent),
        () => lanes.close(),
        () => maintenance.close(),
    ];
    drawStatus();
    drawContainers();
    drawRecent();
    return { close: () => stops.forEach((stop) => stop()) };
}
