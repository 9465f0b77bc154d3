// SPDX-License-Identifier: MIT
// The form of one notification service: the fields that its type has, by the names that they have in the API.

import { post, put as send } from "./api.js";
import { headersOf, headersText } from "./check_editor.js";
import { button, complain, field, h, select } from "./dom.js";
import { attempt, busy } from "./notices.js";
import { part } from "./words.js";

const URL = { name: "url", label: "Address", secret: true };
const USER = { name: "username", label: "User name" };
const PASSWORD = { name: "password", label: "Password", secret: true };
const HEADERS = { name: "headers", label: "Headers", lines: "headers", hint: "NAME: VALUE, one a line" };

// All that a type may have: what is saved takes the place of the whole service.
const KINDS = {
    webhook: [{ ...URL, needed: true }, HEADERS, USER, PASSWORD],
    discord: [
        { ...URL, needed: true },
        { ...USER, hint: "As whom it writes" },
    ],
    slack: [{ ...URL, needed: true }],
    telegram: [
        { name: "bot_token", label: "Bot token", secret: true, needed: true },
        { name: "chat_id", label: "Chat id", needed: true },
        { name: "server_url", label: "Server", hint: "https://api.telegram.org without one" },
    ],
    ntfy: [
        { name: "topic", label: "Topic", needed: true },
        { name: "server_url", label: "Server", hint: "https://ntfy.sh without one" },
        { name: "api_token", label: "Access token", secret: true, hint: "Or user name and password" },
        USER,
        PASSWORD,
    ],
    gotify: [
        { name: "server_url", label: "Server", needed: true },
        { name: "app_token", label: "App token", secret: true, needed: true },
    ],
    pushover: [
        { name: "user_key", label: "User key", secret: true, needed: true },
        { name: "api_token", label: "API token", secret: true, needed: true },
    ],
    apprise: [{ ...URL, needed: true }, HEADERS],
    email: [
        { ...URL, needed: true, hint: "smtps://host:465 or smtp://host" },
        { name: "from", label: "From", needed: true },
        { name: "to", label: "To", lines: "list", needed: true, hint: "One address a line" },
        USER,
        PASSWORD,
    ],
};

const isFromFile = (value) => typeof value === "object" && value !== null && !Array.isArray(value) && "file" in value;

// ---- One field ----

function textOf(spec, value) {
    if (spec.lines === "headers") return headersText(value);
    if (spec.lines === "list") return Array.isArray(value) ? value.join("\n") : (value ?? "");
    return value ?? "";
}

function valueOf(spec, text) {
    if (spec.lines === "headers") return headersOf(text);
    if (spec.lines === "list")
        return text
            .split("\n")
            .map((line) => line.trim())
            .filter(Boolean);
    return text.trim() || null;
}

function makeInput(spec, value) {
    if (isFromFile(value)) {
        const shown = h("input", { name: spec.name, type: "text", readonly: true, value: `from the file ${value.file}` });
        return { spec, read: () => value, node: field(spec.label, shown, "Set on the host; it stays as it is") };
    }
    const input = spec.lines
        ? h("textarea", { name: spec.name, rows: 2, spellcheck: "false" })
        : h("input", { name: spec.name, type: "text", autocomplete: "off", spellcheck: "false" });
    input.value = textOf(spec, value);
    if (spec.needed) input.setAttribute("aria-required", "true");
    const hint = [spec.hint, spec.secret && value ? "******** keeps what is there" : null].filter(Boolean).join(". ");
    return {
        spec,
        read: () => valueOf(spec, input.value),
        input,
        node: field(spec.needed ? `${spec.label} (needed)` : spec.label, input, hint || null),
    };
}

// ---- The form ----

// service: null for a new one. closed(saved) is called once.
export function serviceForm(service, closed) {
    const name = h("input", {
        name: "name",
        type: "text",
        maxlength: 64,
        value: service?.name ?? "",
        autocomplete: "off",
        "aria-required": "true",
    });
    const type = select(Object.keys(KINDS), service?.type ?? "webhook", { name: "type", on: { change: () => fill() } });
    const enabled = h("input", { name: "enabled", type: "checkbox", checked: service?.enabled ?? true });
    const fields = h("div", { class: "fields" });
    const problem = h("ul", { class: "problem plain", role: "alert" });
    const heading = service ? `Edit ${service.name}` : "A new service";
    const node = h(
        "form",
        {
            id: "service",
            class: "card inner",
            novalidate: true,
            "aria-label": heading,
            on: { submit: (event) => (event.preventDefault(), busy(node, save)) },
        },
        h("h3", {}, heading),
        h("div", { class: "fields" }, field("Name (needed)", name), field("Type", type), field("Enabled", enabled)),
        fields,
        problem,
        h(
            "div",
            { class: "acts" },
            h("button", { type: "submit", class: "primary", data: { action: "service-save" } }, service ? "Save" : "Add"),
            button("Cancel", "service-cancel", () => closed(false)),
        ),
    );
    let inputs = [];
    node.addEventListener(
        "keydown",
        (event) => event.key === "Escape" && !event.target.closest("input, textarea, select") && closed(false),
    );

    function fill() {
        const known = type.value === service?.type ? service : {};
        inputs = KINDS[type.value].map((spec) => makeInput(spec, known[spec.name]));
        fields.replaceChildren(...inputs.map((i) => i.node));
    }

    // What is wrong stands at its field; what belongs to none of them, beneath.
    function refused(issues) {
        const own = inputs.filter((i) => i.input).map((i) => [i.spec.name, i.input]);
        const controls = new Map([["name", name], ["type", type], ...own]);
        const texts = new Map();
        const rest = [];
        for (const { path, message } of issues) {
            const control = controls.get(path.split(".").findLast((key) => controls.has(key)));
            if (control) texts.set(control, message);
            else rest.push(path ? `${path}: ${message}` : message);
        }
        for (const control of controls.values()) complain(control, texts.get(control) ?? "");
        problem.replaceChildren(...rest.map((text) => h("li", {}, text)));
        [...controls.values()].find((control) => texts.has(control))?.focus();
    }

    async function save() {
        const body = { name: name.value.trim(), type: type.value, enabled: enabled.checked };
        refused([]);
        for (const { spec, read } of inputs) {
            try {
                body[spec.name] = read();
            } catch (error) {
                return refused([{ path: spec.name, message: error.message }]);
            }
        }
        const options = { why: "Changing notifications needs the token." };
        const reply = await attempt(async () => {
            try {
                return await (service
                    ? send(`/api/notifications/services/${part(service.name)}`, body, options)
                    : post("/api/notifications/services", body, options));
            } catch (error) {
                if (error.status !== 422 && error.status !== 400) throw error;
                const path = error.status === 400 ? "name" : ""; // a name that is taken
                refused(error.issues.length ? error.issues : [{ path, message: error.message }]);
                return null;
            }
        });
        if (reply) closed(true);
    }

    fill();
    return { node, focus: () => name.focus() };
}
