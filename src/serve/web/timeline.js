// SPDX-License-Identifier: MIT
// Restarts and quarantines over the last hours, drawn: a lane for each container to which something happened.

import { now } from "./clock.js";
import { button, h, hide, put, redraw, said, select, svg } from "./dom.js";
import { known, on } from "./store.js";
import { localTimes } from "./told.js";
import { at, count, day, eventContainer, hour, isSick, part, time } from "./words.js";

const HOURS = [
    ["1", "1 hour"],
    ["6", "6 hours"],
    ["24", "24 hours"],
    ["72", "3 days"],
    ["168", "7 days"],
];
const STEPS_MIN = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 5760, 10080];
const LANES = 12;
const HEIGHT = 28;
const DRAWN_MOST = 400; // marks of one lane: beyond that they lie on one another

const KINDS = new Map([
    ["restart", "restart"],
    ["quarantine", "quarantine"],
    ["unquarantine", "release"],
    ["auto_unquarantine", "release"],
    ["recovered", "recovered"],
]);
const LEGEND = [
    ["restart", "restarted"],
    ["restart-failed", "restart failed"],
    ["quarantine", "quarantined"],
    ["release", "released"],
    ["recovered", "recovered"],
];

let hours = "24"; // as chosen last, for all timelines of this visit

const kindOf = (e) => (e.event_type === "restart" && e.status === "failure" ? "restart-failed" : KINDS.get(e.event_type));

const SHAPES = {
    restart: () => svg("circle", { r: 5 }),
    "restart-failed": () => svg("path", { d: "M-5-5L5 5M-5 5L5-5" }),
    quarantine: () => svg("rect", { x: -4, y: -10, width: 4, height: 20 }),
    release: () => svg("path", { d: "M-5-6L6 0L-5 6Z" }),
    recovered: () => svg("path", { d: "M-5 0L-1 4L6-5" }),
};

const sentence = (e) => `${e.event_type} ${at(e.timestamp)}: ${localTimes(e.message)}`;

// A mark stands at a share of the width, whatever that is.
function drawMark(kind, x, title) {
    return svg(
        "svg",
        { x: `${x}%`, y: HEIGHT / 2, overflow: "visible", class: `mark mark-${kind}`, "data-mark": kind },
        SHAPES[kind](),
        title ? svg("title", {}, title) : null,
    );
}

function drawSpan(from, to, title) {
    return svg(
        "rect",
        {
            x: `${from}%`,
            y: 6,
            width: `${Math.max(0.3, to - from)}%`,
            height: HEIGHT - 12,
            class: "span-quarantine",
            "data-span": "quarantine",
        },
        svg("title", {}, title),
    );
}

// ---- Lanes ----

function collect(begin, only) {
    const lanes = new Map();
    const lane = (key, name) => lanes.get(key) ?? lanes.set(key, { key, name, marks: [] }).get(key);
    for (const e of known.events ?? []) {
        const kind = kindOf(e);
        if (!kind || !(time(e.timestamp) >= begin)) continue; // nor one without a time
        const name = eventContainer(e);
        const key = e.stable_id || name;
        if (only && key !== only) continue;
        lane(key, name).marks.push({ kind, ms: time(e.timestamp), e });
    }
    for (const c of known.containers.values())
        if (c.quarantined && (!only || c.stable_id === only)) lane(c.stable_id, c.name).since = time(c.quarantined_since);
    return [...lanes.values()];
}

// From each quarantine to its release; one that was there before begins at the left edge.
function spansOf(lane, begin, end) {
    const spans = [];
    let open = null;
    let isFirst = true;
    for (const m of lane.marks) {
        if (m.kind === "quarantine") open ??= m.ms;
        if (m.kind === "release") {
            if (open !== null || isFirst) spans.push([open ?? begin, m.ms]);
            open = null;
        }
        if (m.kind === "quarantine" || m.kind === "release") isFirst = false;
    }
    if ("since" in lane) spans.push([open ?? (Number.isNaN(lane.since) ? begin : Math.max(begin, lane.since)), end]);
    return spans;
}

function summary(lane, isQuarantined) {
    const number = (kind) => lane.marks.filter((m) => m.kind === kind).length;
    const parts = [count(number("restart"), "restart")];
    if (number("restart-failed")) parts.push(`${number("restart-failed")} failed`);
    if (number("quarantine")) parts.push(count(number("quarantine"), "quarantine"));
    if (number("recovered")) parts.push(`recovered ${count(number("recovered"), "time")}`);
    if (isQuarantined) parts.push("quarantined now");
    return parts.join(", ");
}

function drawLane(lane, begin, end, withName) {
    const x = (ms) => (((ms - begin) / (end - begin)) * 100).toFixed(2);
    const spans = spansOf(lane, begin, end);
    const words = summary(lane, "since" in lane);
    const picture = svg(
        "svg",
        { class: "track", height: HEIGHT, width: "100%", role: "img", "aria-label": `${lane.name}: ${words}` },
        svg("line", { x1: "0%", x2: "100%", y1: HEIGHT / 2, y2: HEIGHT / 2, class: "base" }),
        spans.map(([from, to]) =>
            drawSpan(Number(x(from)), Number(x(to)), `quarantined from ${at(from)} to ${to === end ? "now" : at(to)}`),
        ),
        lane.marks.slice(-DRAWN_MOST).map((m) => drawMark(m.kind, x(m.ms), sentence(m.e))),
    );
    const name = withName ? h("a", { class: "lane-name", href: `#/containers/${part(lane.name)}` }, said(lane.name)) : null;
    return h("li", { class: "lane", data: { container: lane.name } }, name, picture, h("span", { class: "lane-words" }, words));
}

// width: of the track; as many hours as fit beside one another.
function drawAxis(begin, end, width) {
    const minutes = (end - begin) / 60000;
    const label = 6 * parseFloat(getComputedStyle(document.documentElement).fontSize);
    const most = width ? Math.min(10, Math.max(1, Math.floor(width / label))) : 8;
    const step = STEPS_MIN.find((s) => minutes / s <= most) ?? STEPS_MIN.at(-1);
    const offset = new Date(begin).getTimezoneOffset() * 60000;
    const marks = [];
    for (let ms = Math.ceil((begin - offset) / (step * 60000)) * step * 60000 + offset; ms < end; ms += step * 60000) {
        const x = ((ms - begin) / (end - begin)) * 100;
        if (x > 2 && x < 97)
            marks.push(svg("text", { x: `${x.toFixed(2)}%`, y: 12, "text-anchor": "middle" }, step >= 360 ? day(ms) : hour(ms)));
    }
    return h("div", { class: "axis", "aria-hidden": "true" }, svg("svg", { width: "100%", height: 16 }, marks));
}

// ---- The whole ----

// only: a stable id, for one container alone. { node, close }.
export function timeline({ only, id } = {}) {
    let all = false;
    const list = h("ol", { class: "lanes" });
    const axis = h("div", { class: "axis-row" });
    const note = h("p", { class: "hint" });
    const choice = select(HOURS, hours, {
        id: id ? `${id}-hours` : null,
        "aria-label": "Hours shown",
        on: { change: () => ((hours = choice.value), draw()) },
    });
    const legend = h(
        "ul",
        { class: "legend", "aria-label": "Legend" },
        LEGEND.map(([kind, text]) =>
            h(
                "li",
                {},
                svg(
                    "svg",
                    { width: 18, height: 18, viewBox: "-9 -14 18 28", "aria-hidden": "true" },
                    svg("g", { class: `mark mark-${kind}` }, SHAPES[kind]()),
                ),
                text,
            ),
        ),
    );
    const more = button("Show all", "timeline-all", () => ((all = true), draw()), { class: "quiet" });
    const node = h(
        "div",
        { id, class: only ? "timeline single" : "timeline" },
        h("div", { class: "bar" }, legend, choice),
        axis,
        list,
        note,
        more,
    );

    function draw() {
        const end = now();
        const begin = end - Number(hours) * 3600000;
        const sick = new Set([...known.containers.values()].filter(isSick).map((c) => c.stable_id));
        const lanes = collect(begin, only).sort(
            (a, b) => sick.has(b.key) - sick.has(a.key) || b.marks.length - a.marks.length || a.name.localeCompare(b.name),
        );
        const shown = all ? lanes : lanes.slice(0, LANES);
        redraw(list, () => list.replaceChildren(...shown.map((lane) => drawLane(lane, begin, end, !only))));
        const width = list.querySelector(".track")?.getBoundingClientRect().width;
        axis.replaceChildren(...(shown.length ? [drawAxis(begin, end, width)] : []));
        hide(more, shown.length === lanes.length, list.querySelector("a"));
        put(more, `Show all ${lanes.length} containers`);
        put(note, words(lanes, begin));
    }

    function words(lanes, begin) {
        if (!known.events) return "The history is not there yet.";
        const first = known.events[0];
        const isShort = first && known.eventsCut && time(first.timestamp) > begin;
        if (lanes.length === 0) return "No restart and no quarantine in this time.";
        return isShort ? `What is loaded of the history begins ${at(first.timestamp)}.` : "";
    }

    const stops = [on("events", draw), on("containers", (change) => changesSick(change) && draw())];
    const timer = setInterval(() => document.hidden || draw(), 60000);
    let drawnWidth = 0;
    const resized = new ResizeObserver(([{ contentRect }]) => {
        if (contentRect.width !== drawnWidth) draw();
        drawnWidth = contentRect.width;
    });
    resized.observe(node);
    draw();
    return {
        node,
        close() {
            clearInterval(timer);
            resized.disconnect();
            stops.forEach((stop) => stop());
        },
    };
}

function changesSick({ added, changed, removed, before }) {
    if (added.size + removed.size > 0) return true;
    return [...changed].some((id) => isSick(known.containers.get(id)) !== isSick(before.get(id)));
}
