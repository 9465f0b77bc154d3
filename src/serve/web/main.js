// SPDX-License-Identifier: MIT
// The frame: which view is shown, what is wrong with the whole, how it stands with the server.

import { ticking } from "./clock.js";
import { button, h, keyed, mark, put, said } from "./dom.js";
import { openForAll } from "./maintenance_switch.js";
import { announce, confirm } from "./notices.js";
import { hasDrafts } from "./setting.js";
import { known, on, start } from "./store.js";
import * as token from "./token.js";
import { told } from "./told.js";
import { at, count, isSick, secondsSince, stopwatch, verdictText } from "./words.js";

import * as checks from "./checks.js";
import * as configuration from "./configuration.js";
import * as containers from "./containers.js";
import * as events from "./events.js";
import * as maintenance from "./maintenance.js";
import * as notifications from "./notifications.js";
import * as overview from "./overview.js";
import * as plan from "./plan.js";

const VIEWS = { overview, containers, events, maintenance, plan, checks, notifications, configuration };

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const alerts = document.getElementById("alerts");
const connection = document.getElementById("connection");
const monitored = document.getElementById("monitored");
const theme = document.getElementById("theme");

// ---- Which view ----

let shown = null; // { name, view }

// "#/containers/web?q=x" -> { name, rest, params }
function placeOf(hash) {
    const [path, query] = hash.replace(/^#\/?/, "").split("?");
    const [name, ...rest] = path.split("/");
    let whom = "";
    try {
        whom = decodeURIComponent(rest.join("/"));
    } catch {
        // An address that somebody typed: as if nothing stood there.
    }
    return {
        name: Object.hasOwn(VIEWS, name) ? name : "overview",
        rest: whom,
        params: Object.fromEntries(new URLSearchParams(query ?? "")),
    };
}

function withPlace(place) {
    return {
        ...place,
        // What is typed stands in the address, without a step of its own in the history.
        // Another view's address is left alone: an answer may come when this one is no longer shown.
        remember(params) {
            if (placeOf(location.hash).name !== place.name) return;
            const query = params.toString();
            const [path] = location.hash.split("?");
            history.replaceState(null, "", `${path || "#/"}${query ? `?${query}` : ""}`);
        },
        back() {
            const [, query] = location.hash.split("?");
            return `#/${place.name}${query ? `?${query}` : ""}`;
        },
    };
}

// On a phone the links are wider than the window.
function showCurrentLink() {
    const link = nav.querySelector("[aria-current]");
    if (link) nav.scrollLeft = link.offsetLeft - nav.offsetLeft - (nav.clientWidth - link.offsetWidth) / 2;
}

function go(isFirst) {
    token.takeFromAddress();
    const place = withPlace(placeOf(location.hash));
    const module = VIEWS[place.name];
    document.title = `${place.rest || module.title} - docker-autoheal`;
    for (const link of nav.querySelectorAll("a")) {
        if (link.dataset.route === place.name) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
    }
    if (!isFirst) showCurrentLink(); // the observer does it once the frame is laid out
    if (shown?.name === place.name && shown.view.update) return shown.view.update(place);
    shown?.view.close();
    const section = h("section", { data: { view: place.name } });
    main.replaceChildren(section);
    shown = { name: place.name, view: module.open(section, place) };
    if (isFirst || place.rest) return;
    scrollTo(0, 0);
    section.querySelector("h1").focus();
}

// ---- What is wrong with the whole ----

const reload = () => location.reload();

function banner(kind, tone, ...content) {
    return h("p", { class: "alert", data: { alert: kind, tone } }, content);
}

function maintenanceOfAll(m) {
    if (m?.maintenance_mode) return { start: m.maintenance_start_time, reason: m.reason };
    const weekly = openForAll(m);
    return weekly && { start: weekly.start_time, reason: "Weekly window." };
}

function maintenanceAlert({ start, reason }) {
    const clock = ticking(h("span", { class: "clock" }), () => stopwatch(secondsSince(start)));
    return banner(
        "maintenance",
        "maintenance",
        "Maintenance of all containers: nothing is restarted. ",
        clock,
        reason ? said(` ${reason}`) : "",
        " ",
        h("a", { href: "#/maintenance" }, "Look"),
    );
}

function reloader() {
    const isTyped = () => hasDrafts() || main.querySelector("form[data-dirty]");
    return button("Load anew", "reload", (event) => {
        if (isTyped()) confirm(event.currentTarget, { yes: "Load anew, what is typed is lost" }, reload);
        else reload();
    });
}

function wrong() {
    const s = known.status;
    const found = [];
    if (known.stale)
        found.push(["stale", known.stale, () => banner("stale", "failing", "What is shown may be old: ", told(known.stale))]);
    if (s && !s.engine.connected)
        found.push([
            "engine",
            s.engine.error,
            () =>
                banner(
                    "engine",
                    "failing",
                    `The engine is away since ${at(s.engine.since)}: `,
                    told(s.engine.error ?? "not reached"),
                    `${/[.?!]$/.test(s.engine.error) ? "" : "."} Nothing is counted against a container meanwhile.`,
                ),
        ]);
    if (s && s.engine.connected && !s.monitoring_active)
        found.push([
            "turns",
            "",
            () => banner("turns", "failing", "No turn was made for three intervals: nothing is being healed."),
        ]);
    if (s?.config_error)
        found.push([
            "config",
            s.config_error,
            () =>
                banner(
                    "config",
                    "failing",
                    "config.json cannot be used, what was read last stays in force: ",
                    told(s.config_error),
                ),
        ]);
    if (s?.state_error)
        found.push([
            "state",
            s.state_error,
            () => banner("state", "failing", "The data directory cannot be used, it goes on from memory: ", told(s.state_error)),
        ]);
    if (s?.events_error)
        found.push([
            "events",
            s.events_error,
            () => banner("events", "failing", "The history cannot be written: ", told(s.events_error)),
        ]);
    if (known.update)
        found.push([
            "update",
            "",
            () => banner("update", "other", "docker-autoheal was updated: load this page anew. ", reloader()),
        ]);
    const all = maintenanceOfAll(known.maintenance);
    if (all) found.push(["maintenance", all.reason + all.start, () => maintenanceAlert(all)]);
    return found;
}

const showAlerts = keyed(alerts, { key: ([kind, text]) => `${kind} ${text}`, make: ([, , make]) => make() });

function drawAlerts() {
    const before = new Set([...alerts.children].map((alert) => alert.dataset.alert));
    showAlerts(wrong());
    const fresh = [...alerts.children].filter((alert) => !before.has(alert.dataset.alert));
    if (fresh.length) announce(fresh.map((alert) => alert.textContent).join(" "));
}

// ---- How it stands with the server ----

const STATES = { connecting: "connecting…", live: "live", reconnecting: "reconnecting…", token: "the token is needed" };

function drawConnection() {
    mark(document.body, "connection", known.connection);
    put(connection, STATES[known.connection]);
    connection.title = known.connection === "live" ? "What happens is shown as it happens" : known.connectionWhy;
    if (known.connection === "reconnecting" && known.connectionWhy) put(connection, `reconnecting: ${known.connectionWhy}`);
    drawAlerts();
}

function drawStatus() {
    const s = known.status;
    mark(document.body, "engine", !s ? "unknown" : s.engine.connected ? "connected" : "away");
    if (s) {
        const isActive = s.monitoring_active && s.engine.connected;
        mark(monitored, "active", isActive ? "yes" : "no");
        put(monitored, `${isActive ? "active" : "inactive"}, ${s.monitored_containers}/${s.total_containers} monitored`);
    }
    drawAlerts();
}

// ---- What a screen reader is told ----

function tellChanges({ changed, before }) {
    const news = [];
    for (const id of changed) {
        const c = known.containers.get(id);
        const was = before.get(id);
        if (isSick(c) === isSick(was) && c.quarantined === was.quarantined) continue;
        news.push(`${c.name}: ${c.quarantined ? "quarantined" : verdictText(c)}`);
    }
    if (news.length) announce(news.length > 3 ? `${count(news.length, "container")} changed` : news.join(". "));
}

// A mark in the tab, for those who look at another one.
function drawTitle() {
    const sick = [...known.containers.values()].filter(isSick).length;
    const plain = document.title.replace(/^\(\d+\) /, "");
    document.title = sick ? `(${sick}) ${plain}` : plain;
}

// ---- Light and dark, keys ----

theme.value = document.documentElement.dataset.theme;
theme.addEventListener("change", () => {
    document.documentElement.dataset.theme = theme.value;
    try {
        localStorage.setItem("autoheal-theme", theme.value);
    } catch {
        // Without storage it holds for this visit.
    }
});

document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey || !shown?.view.search) return;
    event.preventDefault();
    shown.view.search.focus();
});

window.addEventListener("hashchange", () => (go(false), drawTitle()));
on("connection", drawConnection);
on("status", drawStatus);
on("maintenance", drawAlerts);
on("containers", (change) => (tellChanges(change), drawTitle()));
new ResizeObserver(showCurrentLink).observe(nav);
go(true);
drawConnection();
start();
