// SPDX-License-Identifier: MIT
// The history: live, searched, filtered, taken along, cleared.

import { del } from "./api.js";
import { now } from "./clock.js";
import { button, h, hide, put, select } from "./dom.js";
import { eventItem } from "./event.js";
import { Listing } from "./listing.js";
import { attempt, busy, confirm } from "./notices.js";
import { known, loadEvents, on } from "./store.js";
import { save } from "./download.js";
import { count, eventContainer, time } from "./words.js";

export const title = "Events";

// Event types, in the words of the history.
export const TYPES = [
    "restart",
    "quarantine",
    "unquarantine",
    "auto_unquarantine",
    "recovered",
    "health_check",
    "auto_monitor",
    "notify",
    "maintenance",
    "config",
    "storm",
    "crash_loop",
    "orphaned",
    "hook",
    "engine",
    "store",
];

const AGES = [
    ["", "Any time"],
    ["3600", "1 hour"],
    ["86400", "24 hours"],
    ["604800", "7 days"],
];

const keys = new WeakMap();
let numbers = 0;

function keyOf(e) {
    if (!keys.has(e)) keys.set(e, ++numbers);
    return keys.get(e);
}

export function open(root, place) {
    const { params } = place;
    const search = h("input", {
        id: "events-search",
        type: "search",
        "aria-label": "Search in messages",
        placeholder: "Search in messages",
        value: params.q ?? "",
        on: { input: () => changed() },
    });
    const type = select([["", "All types"], ...TYPES], params.type ?? "", {
        id: "events-type",
        "aria-label": "Type",
        on: { change: () => changed() },
    });
    const container = h("input", {
        id: "events-container",
        type: "search",
        "aria-label": "Container",
        placeholder: "Container",
        list: "events-names",
        value: params.container ?? "",
        on: { input: () => changed() },
    });
    const names = h("datalist", { id: "events-names" });
    const since = select(AGES, params.since ?? "", { id: "events-since", "aria-label": "Since", on: { change: () => changed() } });
    const counted = h("p", { id: "events-count", class: "hint", role: "status" });
    const list = h("ol", { id: "events", class: "events plain" });
    const end = h("div", { class: "end", "aria-hidden": "true" });
    const empty = h("p", { class: "empty" });
    const older = button("Load all that are kept", "events-all", (event) =>
        busy(event.currentTarget, () => attempt(() => loadEvents(0))),
    );
    const clear = button(
        "Clear",
        "events-clear",
        (event) => {
            const yes = known.eventsCut ? "Clear all events" : `Clear ${count(known.events?.length ?? 0, "event")}`;
            confirm(event.currentTarget, { yes, question: "The whole history goes, for everybody." }, forget);
        },
        { class: "danger-quiet" },
    );
    root.append(
        h("h1", { tabindex: -1 }, title),
        h(
            "div",
            { class: "bar" },
            search,
            type,
            container,
            names,
            since,
            counted,
            h("span", { class: "spacer" }),
            button("Export what is shown", "events-export", () => exportShown()),
            clear,
        ),
        empty,
        list,
        end,
        older,
    );
    const listing = new Listing(list, end, { key: keyOf, make: (e) => eventItem(e, { full: true }) });
    let shown = [];

    async function forget() {
        if (await attempt(() => del("/api/events", { why: "Clearing the history needs the token." })))
            await loadEvents().catch(() => {});
    }

    function exportShown() {
        save(
            `autoheal-events-${new Date(now()).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}.json`,
            JSON.stringify([...shown].reverse(), null, 2),
        );
    }

    // As GET /api/events understands a container: name, stable id, at least 12 digits of an id. A part of a name will do as well.
    function isAbout(e, wanted) {
        if (!wanted) return true;
        return (
            eventContainer(e).toLowerCase().includes(wanted) ||
            String(e.stable_id ?? "").toLowerCase() === wanted ||
            (wanted.length >= 12 && String(e.container_id ?? "").startsWith(wanted))
        );
    }

    function fitting() {
        const words = search.value.toLowerCase();
        const wanted = container.value.trim().toLowerCase();
        const begin = since.value ? now() - Number(since.value) * 1000 : -Infinity;
        return (known.events ?? [])
            .filter(
                (e) =>
                    (!type.value || e.event_type === type.value) &&
                    isAbout(e, wanted) &&
                    (!words || `${e.message} ${e.reason ?? ""} ${e.health_output ?? ""}`.toLowerCase().includes(words)) &&
                    (begin === -Infinity || time(e.timestamp) >= begin),
            )
            .reverse();
    }

    function draw(anew) {
        shown = fitting();
        listing.show(shown, { anew });
        const all = known.events?.length ?? 0;
        put(counted, shown.length === all ? count(all, "event") : `${shown.length} of ${count(all, "event")}`);
        put(
            empty,
            !known.events
                ? "The history is not there yet."
                : shown.length
                  ? ""
                  : all
                    ? "No event fits."
                    : "Nothing has happened yet.",
        );
        hide(clear, all === 0);
        hide(older, !known.eventsCut);
    }

    function changed() {
        const next = new URLSearchParams();
        if (search.value) next.set("q", search.value);
        if (type.value) next.set("type", type.value);
        if (container.value) next.set("container", container.value);
        if (since.value) next.set("since", since.value);
        place.remember(next);
        draw(true);
    }

    function drawNames() {
        const found = new Set((known.events ?? []).map(eventContainer).filter(Boolean));
        names.replaceChildren(
            ...[...found]
                .sort()
                .slice(0, 500)
                .map((name) => h("option", { value: name })),
        );
    }

    const stop = on("events", (fresh) => {
        if (!fresh) listing.forgetAll();
        draw(false);
        if (!fresh) drawNames();
    });
    drawNames();
    draw(true);
    return {
        close() {
            stop();
            listing.close();
        },
        search,
    };
}
