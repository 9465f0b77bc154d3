// SPDX-License-Identifier: MIT
// The table of containers: search, filter, sort, choose; beside it the panel of one.

import { each, monitor } from "./actions.js";
import { button, flag, h, hide, put, select } from "./dom.js";
import { matcher, SHOWN } from "./filter.js";
import { Listing } from "./listing.js";
import { busy, confirm } from "./notices.js";
import { openPanel } from "./panel.js";
import { makeRow, updateRow } from "./row.js";
import { known, on, refreshNow } from "./store.js";
import { count, healthOf, isDue, isOdd, part, time } from "./words.js";

export const title = "Containers";

const COLUMNS = [
    ["name", "Name"],
    ["image", "Image"],
    ["engine", "Engine"],
    ["verdict", "Verdict"],
    ["monitored", "Monitored"],
    ["restarts", "Restarts"],
    ["quarantined", "Quarantined"],
    ["next", "Next action"],
];

// ---- Order ----

// The sick first: that is what one comes for.
function severity(c) {
    if (c.monitored && c.verdict === "failing" && !c.quarantined) return 0;
    if (c.quarantined) return 1;
    if (isOdd(c)) return 2;
    if (!c.monitored) return 5;
    return c.verdict === "ok" ? 4 : 3;
}

const WORST = ["unhealthy", "dead", "restarting", "paused", "exited", "removing", "created", "starting", "none", "healthy"];

// What the engine says of it: the worst first.
function condition(c) {
    const ranks = [WORST.indexOf(c.status), WORST.indexOf(healthOf(c))];
    return Math.min(...ranks.filter((rank) => rank >= 0));
}

let collator = null; // made when first used
const text = (of) => (a, b) => (collator ??= new Intl.Collator(undefined, { numeric: true })).compare(of(a), of(b));
const number = (of) => (a, b) => of(a) - of(b);
const ORDERS = {
    name: text((c) => c.name),
    image: text((c) => c.image ?? ""),
    engine: number(condition),
    verdict: number(severity),
    monitored: number((c) => (c.monitored ? 0 : 1)),
    restarts: number((c) => -c.restarts),
    quarantined: number((c) => (c.quarantined ? 0 : 1)),
    next: number((c) => (isDue(c) ? time(c.until) : Infinity)),
};

function comparer(sort, dir) {
    const order = Object.hasOwn(ORDERS, sort) ? ORDERS[sort] : ORDERS.verdict;
    const sign = dir === "desc" ? -1 : 1;
    return (a, b) => sign * (order(a, b) || 0) || ORDERS.name(a, b);
}

// ---- The view ----

export function open(root, place) {
    const chosen = new Set(); // full ids
    let { q = "", show = "all", sort = "verdict", dir = "asc" } = place.params;
    let panel = null;
    let shown = [];

    const search = h("input", {
        id: "search",
        type: "search",
        "aria-label": "Search",
        placeholder: "Search, or key=value as ps --filter",
        autocomplete: "off",
        spellcheck: "false",
        value: q,
        on: { input: () => filter() },
    });
    const showing = select(SHOWN, show, { id: "show", "aria-label": "Show", on: { change: () => filter() } });
    const counted = h("p", { id: "count", class: "hint", role: "status" });
    const selectAll = h("input", {
        id: "select-all",
        type: "checkbox",
        "aria-label": "Select all that are shown",
        on: { change: () => chooseAll() },
    });
    const heads = COLUMNS.map(([key, label]) =>
        h(
            "th",
            { scope: "col", role: "columnheader", data: { column: key } },
            h("button", { type: "button", class: "sort", data: { sort: key }, on: { click: () => sortBy(key) } }, label),
        ),
    );
    const body = h("tbody", { id: "rows", role: "rowgroup" });
    const table = h(
        "table",
        { class: "containers", role: "table", "aria-label": "Containers" },
        h(
            "thead",
            { role: "rowgroup" },
            h(
                "tr",
                { role: "row" },
                h("th", { scope: "col", role: "columnheader", data: { column: "select" } }, selectAll),
                heads,
                h("th", { scope: "col", role: "columnheader", data: { column: "actions" } }, "Actions"),
            ),
        ),
        body,
    );
    const end = h("div", { class: "end", "aria-hidden": "true" });
    const empty = h("p", { class: "empty" });
    const bar = selectionBar();
    const list = h(
        "div",
        { class: "list" },
        h(
            "div",
            { class: "bar" },
            search,
            showing,
            button("Look again", "refresh", (e) => busy(e.currentTarget, refreshNow)),
            counted,
        ),
        bar.node,
        h("div", { class: "table" }, table),
        empty,
        end,
    );
    const side = h("div", { class: "side" });
    const split = h("div", { class: "split" }, list, side);
    root.append(h("h1", { tabindex: -1 }, title), split);

    const listing = new Listing(body, end, { key: (c) => c.full_id, make: (c) => markRow(makeRow(c, chosen, choose)) });

    // ---- What is shown ----

    function arrange(anew) {
        const fits = matcher(q, show);
        shown = [...known.containers.values()].filter(fits).sort(comparer(sort, dir));
        listing.show(shown, { anew });
        table.setAttribute("aria-rowcount", shown.length + 1);
        put(
            counted,
            shown.length === known.containers.size
                ? count(shown.length, "container")
                : `${shown.length} of ${count(known.containers.size, "container")}`,
        );
        const none = known.seen ? "There is no container." : known.unseen;
        put(empty, shown.length ? "" : known.containers.size ? "No container fits." : none);
        for (const th of heads)
            flag(th, "aria-sort", th.dataset.column === sort ? (dir === "desc" ? "descending" : "ascending") : null);
        bar.draw();
    }

    function remember() {
        const params = new URLSearchParams();
        if (q) params.set("q", q);
        if (show !== "all") params.set("show", show);
        if (sort !== "verdict") params.set("sort", sort);
        if (dir !== "asc") params.set("dir", dir);
        place.remember(params);
    }

    function filter() {
        q = search.value;
        show = showing.value;
        remember();
        arrange(true);
    }

    function sortBy(key) {
        dir = sort === key && dir === "asc" ? "desc" : "asc";
        sort = key;
        remember();
        arrange(true);
    }

    // Only the rows of what has changed are touched; the order only where it is another one.
    function changed({ changed: ids, removed, added, before }) {
        for (const id of removed) {
            chosen.delete(id);
            listing.forget(id);
        }
        const compare = comparer(sort, dir);
        const fits = matcher(q, show);
        let isSame = added.size + removed.size === 0 && shown.length > 0;
        for (const id of ids) {
            const c = known.containers.get(id);
            const row = listing.node(id);
            const isRenamed = c.name !== before.get(id).name;
            if (isRenamed) listing.forget(id);
            else if (row) updateRow(row, c);
            isSame &&= !isRenamed;
            isSame &&= fits(c) === fits(before.get(id)) && compare(c, before.get(id)) === 0;
        }
        if (isSame) shown = shown.map((c) => known.containers.get(c.full_id));
        if (isSame) listing.items = shown;
        else arrange(false);
    }

    // ---- The selection ----

    function choose(id, isChosen) {
        if (isChosen) chosen.add(id);
        else chosen.delete(id);
        bar.draw();
    }

    function chooseAll() {
        const isChosen = selectAll.checked; // until the bar is drawn
        for (const { full_id: id } of shown) {
            if (isChosen) chosen.add(id);
            else chosen.delete(id);
            const box = listing.node(id)?.querySelector("[data-action=select]");
            if (box) box.checked = isChosen;
        }
        bar.draw();
    }

    const selected = () => [...chosen].map((id) => known.containers.get(id)).filter(Boolean);

    function selectionBar() {
        const told = h("span", { role: "status" });
        const act = (label, action, run) => button(label, action, (event) => busy(event.currentTarget, run));
        const node = h(
            "div",
            { id: "selection", class: "bar selection", role: "group", "aria-label": "What is selected", hidden: true },
            told,
            act("Monitor", "monitor-selected", () => monitor(selected(), true)),
            act("Ignore", "ignore-selected", () => monitor(selected(), false)),
            act("Quarantine", "quarantine-selected", () => each(selected(), "quarantine", "quarantined")),
            button("Release", "release-selected", (event) => {
                const those = selected(); // as the question says, whatever is ticked meanwhile
                confirm(event.currentTarget, { yes: `Release ${count(those.length, "container")}` }, () =>
                    each(those, "unquarantine", "released"),
                );
            }),
            button("Maintenance…", "maintenance-selected", () => maintain()),
            button("Select none", "select-none", () => ((selectAll.checked = false), chooseNone()), { class: "quiet" }),
        );
        return { node, draw: () => drawBar(node, told) };
    }

    function maintain() {
        const scopes = selected().map((c) => c.stable_id);
        location.hash = `#/maintenance?scope=${part(scopes.join(","))}`;
    }

    function chooseNone() {
        chosen.clear();
        for (const box of body.querySelectorAll("[data-action=select]")) box.checked = false;
        bar.draw();
    }

    function drawBar(node, told) {
        hide(node, chosen.size === 0, selectAll);
        put(told, chosen.size ? `${chosen.size} selected` : "");
        const here = shown.filter((c) => chosen.has(c.full_id)).length;
        selectAll.checked = here > 0 && here === shown.length;
        selectAll.indeterminate = here > 0 && here < shown.length;
    }

    // ---- The panel ----

    function markRow(row) {
        flag(row, "aria-current", panel && row.dataset.container === panel.name ? "true" : null);
        return row;
    }

    function showPanel(name, isFirst) {
        if (panel?.name === name) return;
        const old = panel?.name;
        panel?.close();
        panel = name ? openPanel(side, name, () => (location.hash = place.back())) : null;
        split.classList.toggle("with-panel", Boolean(name));
        for (const row of body.children) markRow(row);
        if (name) panel.focus();
        else if (old && !isFirst) body.querySelector(`tr[data-container="${CSS.escape(old)}"] a`)?.focus();
    }

    body.addEventListener("click", (event) => {
        const row = event.target.closest("tr");
        if (!row || event.target.closest("a, button, input, .confirm") || getSelection().toString()) return;
        row.querySelector("a").click();
    });

    arrange(true);
    showPanel(place.rest, true);
    const stop = on("containers", changed);
    return {
        update(next) {
            place = next;
            if (Object.keys(next.params).length) {
                ({ q = "", show = "all", sort = "verdict", dir = "asc" } = next.params);
                search.value = q;
                showing.value = show;
                arrange(true);
            }
            remember(); // a link to one of them does not have it
            showPanel(next.rest, false);
        },
        close() {
            stop();
            listing.close();
            panel?.close();
        },
        search,
    };
}
