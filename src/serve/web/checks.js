// SPDX-License-Identifier: MIT
// All health checks of autoheal's own that are set, those of containers that are gone too.

import { del, get } from "./api.js";
import { runTest } from "./check_editor.js";
import { button, h, put, redraw, said, tableHead } from "./dom.js";
import { attempt, busy, confirm, fail } from "./notices.js";
import { known, on } from "./store.js";
import { duration, part, verdictText } from "./words.js";

export const title = "Health checks";

function whatItDoes(c) {
    if (c.check_type === "http")
        return `${c.http_endpoint} answers ${c.http_expected_status}${c.http_expected_body ? " with a text" : ""}`;
    if (c.check_type === "tcp") return `port ${c.tcp_port} takes a connection`;
    if (c.check_type === "exec") return (c.exec_command ?? []).join(" ");
    return "the engine says healthy";
}

const nowText = (c) => (c ? verdictText(c) : known.containers.size ? "gone" : "not seen yet");

export function open(root) {
    let checks = null;
    let print = "";
    let loads = 0; // the answer to the last one counts
    const body = h("tbody", {});
    const table = h(
        "table",
        { id: "checks" },
        tableHead("Container", "Kind", "Passes when", "Every", "Retries", "Verdict", "Actions"),
        body,
    );
    const empty = h("p", { class: "empty" });
    root.append(
        h("h1", { tabindex: -1 }, title),
        h(
            "p",
            { class: "lead" },
            "A check comes beside the engine's own: a container is well when both say so. ",
            "Those of labels (autoheal.check.*) stand with their containers.",
        ),
        h("div", { class: "table" }, table),
        empty,
        h("p", { class: "hint" }, "To set one, open a container."),
    );

    async function drop(stableId) {
        if (await attempt(() => del(`/api/healthchecks/${part(stableId)}`, { why: "Removing a check needs the token." })))
            await load();
    }

    function row(stableId, check, c) {
        const output = h("output", { class: "result", "aria-live": "polite" }, nowText(c));
        return h(
            "tr",
            { data: { container: stableId } },
            h("th", { scope: "row" }, c ? h("a", { href: `#/containers/${part(c.name)}` }, said(c.name)) : said(stableId)),
            h("td", {}, said(check.check_type)),
            h("td", {}, said(whatItDoes(check))),
            h("td", {}, duration(check.interval_seconds)),
            h("td", {}, String(check.retries)),
            h("td", {}, output),
            h(
                "td",
                {},
                h(
                    "div",
                    { class: "acts" },
                    c
                        ? button("Test now", "check-test", (event) => busy(event.currentTarget, () => runTest(c.full_id, output)), {
                              "aria-label": `Test now: ${c.name}`,
                              data: { container: stableId },
                          })
                        : null,
                    c
                        ? h(
                              "a",
                              {
                                  class: "button",
                                  href: `#/containers/${part(c.name)}`,
                                  data: { action: "check-edit", container: stableId },
                                  "aria-label": `Edit the check of ${c.name}`,
                              },
                              "Edit",
                          )
                        : null,
                    button(
                        "Remove",
                        "check-remove",
                        (event) => confirm(event.currentTarget, { yes: `Remove the check of ${stableId}` }, () => drop(stableId)),
                        { "aria-label": `Remove the check of ${stableId}`, data: { container: stableId } },
                    ),
                ),
            ),
        );
    }

    function draw() {
        const entries = Object.entries(checks ?? {}).sort(([a], [b]) => a.localeCompare(b));
        const all = new Map([...known.containers.values()].map((c) => [c.stable_id, c]));
        const now = JSON.stringify(entries.map(([id, check]) => [id, check, all.get(id)?.full_id, all.get(id)?.name]));
        if (now !== print) redraw(body, () => body.replaceChildren(...entries.map(([id, check]) => row(id, check, all.get(id)))));
        print = now;
        // What a test said stays.
        for (const output of body.querySelectorAll("output:not([data-status])"))
            put(output, nowText(all.get(output.closest("tr").dataset.container)));
        table.hidden = entries.length === 0;
        put(empty, checks && entries.length === 0 ? "None is set." : "");
    }

    async function load() {
        const load = ++loads;
        try {
            const found = await get("/api/healthchecks");
            if (load !== loads) return;
            checks = found;
            draw();
        } catch (error) {
            fail(error, "The checks cannot be read");
        }
    }

    load();
    const stops = [on("config", load), on("containers", draw)];
    return { close: () => stops.forEach((stop) => stop()) };
}
