// SPDX-License-Identifier: MIT
// A container's own health check: set, change, remove, and run now.

import { del, post } from "./api.js";
import { button, complain, field, h, mark, put, select } from "./dom.js";
import { attempt, busy, confirm } from "./notices.js";
import { part } from "./words.js";

const SHELL = ["/bin/sh", "-c"];
const TEST_PATIENCE_MS = 610000; // a check may take its time
const TYPES = [
    ["http", "http: ask for a page"],
    ["tcp", "tcp: connect to a port"],
    ["exec", "exec: run a program in it"],
    ["docker", "docker: what the engine says"],
];

// ---- Between the form and the API ----

const isShell = (argv) => argv.length === 3 && argv[0] === SHELL[0] && argv[1] === SHELL[1];
const commandText = (argv) => (!argv ? "" : isShell(argv) ? argv[2] : JSON.stringify(argv));

// As `healthcheck add --exec`: a JSON array is run as it is, anything else by the shell.
function commandOf(text) {
    if (!text.trim().startsWith("[")) return [...SHELL, text];
    return JSON.parse(text);
}

export const headersText = (headers) =>
    Object.entries(headers ?? {})
        .map(([k, v]) => `${k}: ${typeof v === "string" ? v : JSON.stringify(v)}`)
        .join("\n");

// A value that comes from a file on the host goes back as it came.
export function headersOf(text) {
    const lines = text
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
    if (!lines.length) return null;
    return Object.fromEntries(
        lines.map((line) => {
            const at = line.indexOf(":");
            if (at < 1) throw new SyntaxError(`'${line}' is no header: write NAME: VALUE`);
            const value = line.slice(at + 1).trim();
            return [line.slice(0, at).trim(), /^\{"file":/.test(value) ? JSON.parse(value) : value];
        }),
    );
}

const READERS = { http_headers: headersOf, exec_command: commandOf };

export async function runTest(id, output) {
    put(output, "It runs…");
    mark(output, "status", "running");
    const reply = await attempt(
        () =>
            post(`/api/healthchecks/${part(id)}/test`, undefined, {
                why: "Running a check needs the token.",
                patience: TEST_PATIENCE_MS,
            }),
        "",
    );
    mark(output, "status", reply?.status ?? null);
    put(
        output,
        reply
            ? [`${reply.status} after ${reply.duration_ms} ms`, reply.message, reply.output].filter(Boolean).join("\n")
            : "It was not run.",
    );
}

// ---- The form ----

const number = (name, min, max) => h("input", { name, type: "number", min, max, step: 1, inputmode: "numeric" });

// id(): of the container as it is now.
export function checkEditor(id, name) {
    let check = null;
    let print = "";
    const type = select(TYPES, "http", { name: "check_type" });
    const inputs = {
        check_type: type,
        http_endpoint: h("input", {
            name: "http_endpoint",
            type: "text",
            placeholder: "http://localhost:8080/health",
            spellcheck: "false",
        }),
        http_expected_status: number("http_expected_status", 100, 599),
        http_expected_body: h("input", { name: "http_expected_body", type: "text" }),
        http_headers: h("textarea", { name: "http_headers", rows: 2, placeholder: "NAME: VALUE", spellcheck: "false" }),
        http_insecure_tls: h("input", { name: "http_insecure_tls", type: "checkbox" }),
        tcp_port: number("tcp_port", 1, 65535),
        exec_command: h("textarea", { name: "exec_command", rows: 2, spellcheck: "false" }),
        interval_seconds: number("interval_seconds", 1, 31536000),
        timeout_seconds: number("timeout_seconds", 1, 3600),
        retries: number("retries", 1, 1000),
    };
    const group = (kind, ...fields) => h("div", { class: "fields", data: { kind } }, fields);
    const output = h("output", { id: "check-result", class: "result", "aria-live": "polite" });
    const labelled = h("p", { class: "hint" });
    const remove = button("Remove", "check-remove", (event) =>
        confirm(event.currentTarget, { yes: "Remove the check" }, () => drop()),
    );
    const saver = h("button", { type: "submit", class: "primary", data: { action: "check-save" } }, "Save the check");
    const test = button("Test now", "check-test", (event) => busy(event.currentTarget, () => tryIt()));
    const form = h(
        "form",
        {
            id: "check",
            novalidate: true,
            on: { submit: (event) => (event.preventDefault(), busy(saver, save)), input: () => edited() },
        },
        field("Kind", type),
        group(
            "http",
            field("Address", inputs.http_endpoint, "localhost means the container"),
            field("Expected status", inputs.http_expected_status),
            field("Text in the body", inputs.http_expected_body),
            field("Headers", inputs.http_headers, "One a line; what is shown as ******** stays as it is"),
            field("Take any certificate", inputs.http_insecure_tls),
        ),
        group("tcp", field("Port", inputs.tcp_port)),
        group("exec", field("Command", inputs.exec_command, "Run by /bin/sh in the container; a JSON array is run as it is")),
        h(
            "div",
            { class: "fields" },
            field("Every (seconds)", inputs.interval_seconds),
            field("May take (seconds)", inputs.timeout_seconds),
            field("Failed runs in a row", inputs.retries),
        ),
        h(
            "div",
            { class: "acts" },
            saver,
            test,
            remove,
        ),
        output,
    );
    const node = h(
        "section",
        { class: "part", "aria-label": "Health check" },
        h("h3", {}, "Health check of autoheal's own"),
        labelled,
        form,
    );

    function fill() {
        const c = check ?? {};
        type.value = c.check_type ?? "http";
        inputs.http_endpoint.value = c.http_endpoint ?? "";
        inputs.http_expected_status.value = c.http_expected_status ?? 200;
        inputs.http_expected_body.value = c.http_expected_body ?? "";
        inputs.http_headers.value = headersText(c.http_headers);
        inputs.http_insecure_tls.checked = c.http_insecure_tls ?? false;
        inputs.tcp_port.value = c.tcp_port ?? "";
        inputs.exec_command.value = commandText(c.exec_command);
        inputs.interval_seconds.value = c.interval_seconds ?? 30;
        inputs.timeout_seconds.value = c.timeout_seconds ?? 10;
        inputs.retries.value = c.retries ?? 3;
        mark(form, "dirty", null);
        refuse(new Map());
        kinds();
    }

    function kinds() {
        for (const part of form.querySelectorAll("[data-kind]")) part.hidden = part.dataset.kind !== type.value;
        remove.hidden = !check;
    }

    function edited() {
        mark(form, "dirty", "yes");
        kinds();
    }

    function problemOf(name, input) {
        if (input.closest("[hidden]")) return "";
        if (input.type === "number" && (!input.value || !input.validity.valid))
            return `It must be a whole number, ${input.min} to ${input.max}`;
        try {
            READERS[name]?.(input.value);
            return "";
        } catch (error) {
            return error.message;
        }
    }

    // name -> what is wrong with it, told at its field. False if there is nothing to be told.
    function refuse(problems) {
        for (const [name, input] of Object.entries(inputs)) complain(input, problems.get(name) ?? "");
        const first = Object.keys(inputs).find((name) => problems.get(name));
        inputs[first]?.focus();
        return Boolean(first);
    }

    function wanted() {
        const n = (name) => (inputs[name].value === "" ? null : Number(inputs[name].value));
        const body = {
            container_id: id(),
            check_type: type.value,
            interval_seconds: n("interval_seconds"),
            timeout_seconds: n("timeout_seconds"),
            retries: n("retries"),
        };
        if (type.value === "http")
            Object.assign(body, {
                http_endpoint: inputs.http_endpoint.value,
                http_expected_status: n("http_expected_status"),
                http_headers: headersOf(inputs.http_headers.value),
                http_expected_body: inputs.http_expected_body.value || null,
                http_insecure_tls: inputs.http_insecure_tls.checked,
            });
        if (type.value === "tcp") body.tcp_port = n("tcp_port");
        if (type.value === "exec") body.exec_command = commandOf(inputs.exec_command.value);
        return body;
    }

    function typed() {
        try {
            return JSON.stringify(wanted());
        } catch {
            return "";
        }
    }

    async function save() {
        if (refuse(new Map(Object.entries(inputs).map(([name, input]) => [name, problemOf(name, input)])))) return;
        const body = wanted();
        const before = check;
        const takeBack = async () => {
            const undone = await post("/api/healthchecks", { ...before, container_id: id() });
            check = before;
            if (!form.dataset.dirty) fill(); // what is typed stays
            return undone;
        };
        const undo =
            before && !JSON.stringify(before).includes("********") ? { run: takeBack, done: "The check is as it was" } : undefined;
        const reply = await attempt(
            async () => {
                try {
                    return await post("/api/healthchecks", body, { why: "Setting a check needs the token." });
                } catch (error) {
                    const issues = error.issues ?? [];
                    const isTold = refuse(new Map(issues.map((issue) => [issue.path.split(".")[0], issue.message])));
                    if (!isTold || issues.some((issue) => !(issue.path.split(".")[0] in inputs))) throw error;
                    return null;
                }
            },
            `The check of ${name} is saved`,
            undo,
        );
        if (!reply) return;
        mark(output, "status", null);
        put(output, ""); // what was said of the one before
        check = { ...body };
        if (typed() === JSON.stringify(body)) mark(form, "dirty", null); // what was typed meanwhile stays, and is not saved
        kinds();
    }

    async function drop() {
        if (
            !(await attempt(
                () => del(`/api/healthchecks/${part(id())}`, { why: "Removing a check needs the token." }),
                `The check of ${name} is removed`,
            ))
        )
            return;
        check = null;
        fill();
    }

    async function tryIt() {
        if (form.dataset.dirty) {
            mark(output, "status", null);
            put(output, "Save the check first: what is saved is run.");
            return;
        }
        await runTest(id(), output);
    }

    fill();
    return {
        node,
        // What was looked at; a form that somebody is filling in is left alone.
        take(details) {
            const labels = Object.keys(details.labels ?? {}).filter((key) => /\.check\.(http|tcp|exec)$/.test(key));
            put(
                labelled,
                labels.length
                    ? `The label ${labels[0]} wins over what is set here.`
                    : check || details.custom_health_check
                      ? ""
                      : "None is set. It comes beside the engine's own.",
            );
            const now = JSON.stringify(details.custom_health_check);
            if (now === print) return;
            print = now;
            check = details.custom_health_check;
            if (form.dataset.dirty) kinds();
            else fill();
        },
    };
}
