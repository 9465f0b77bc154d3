// SPDX-License-Identifier: MIT
// One setting: its control, what it means, where its value comes from, and whether what is typed can be right.

import { button, h, mark, put, said, select } from "./dom.js";
import { count, duration } from "./words.js";

// ---- Between text and value ----

const isNullable = (s) => s.type.endsWith(" or null");
const plainType = (s) => s.type.replace(/ or null$/, "");
const choicesOf = (s) => (plainType(s) === "string" && s.range && /^[\w-]+(, [\w-]+)+$/.test(s.range) ? s.range.split(", ") : null);

function boundsOf(range) {
    const both = /^(-?[\d.]+)\.\.(-?[\d.]+)$/.exec(range ?? "");
    if (both) return [Number(both[1]), Number(both[2])];
    const least = /^>= (-?[\d.]+)$/.exec(range ?? "");
    return least ? [Number(least[1]), Infinity] : [-Infinity, Infinity];
}

function numberOf(s, text) {
    const isInt = plainType(s) === "int";
    if (!(isInt ? /^-?\d+$/ : /^-?\d+(\.\d+)?$/).test(text))
        throw new SyntaxError(isInt ? "A whole number is wanted" : "A number is wanted");
    const [least, most] = boundsOf(s.range);
    const value = Number(text);
    if (value < least || value > most)
        throw new SyntaxError(`It must be ${most === Infinity ? `at least ${least}` : `${least} to ${most}`}`);
    return value;
}

function stringOf(s, text) {
    if (s.range === "not empty" && !text) throw new SyntaxError("It must not be empty");
    if (s.range === "http:// or https://" && !/^https?:\/\/.|^\*{8}$/.test(text))
        throw new SyntaxError("It must begin with http:// or https://");
    return text;
}

function jsonOf(s, text) {
    const value = JSON.parse(text);
    const isObject = plainType(s).startsWith("{");
    if (isObject !== (typeof value === "object" && value !== null && !Array.isArray(value)))
        throw new SyntaxError(isObject ? "An object is wanted: {...}" : "A list is wanted: [...]");
    return value;
}

export function parseSetting(s, text) {
    const type = plainType(s);
    if (isNullable(s) && text.trim() === "") return null;
    if (type === "bool") return text === "true";
    if (type === "int" || type === "number") return numberOf(s, text.trim());
    if (type === "string") return stringOf(s, text);
    if (type === "list of strings")
        return text
            .split("\n")
            .map((line) => line.trim())
            .filter(Boolean);
    return jsonOf(s, text);
}

function format(s, value) {
    if (value === null || value === undefined) return "";
    if (plainType(s) === "list of strings") return (value ?? []).join("\n");
    return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}

export function shown(value) {
    if (value === null || value === undefined) return "null";
    return typeof value === "string" ? value || '""' : JSON.stringify(value);
}

// ---- The control ----

function makeControl(s, id) {
    const type = plainType(s);
    const props = {
        id,
        data: { input: "" },
        "aria-describedby": `${id}-help ${id}-error`,
        spellcheck: "false",
        autocomplete: "off",
    };
    if (type === "bool")
        return select(
            [
                ["true", "true"],
                ["false", "false"],
            ],
            "",
            props,
        );
    const choices = choicesOf(s);
    if (choices) return select(choices, "", props);
    if (type === "list of strings") return h("textarea", { ...props, rows: 2, placeholder: "one a line" });
    if (type === "string" || type === "int" || type === "number")
        return h("input", {
            ...props,
            type: "text",
            inputmode: type === "string" ? null : type === "int" ? "numeric" : "decimal",
            placeholder: isNullable(s) ? "null" : null,
        });
    return h("textarea", { ...props, rows: 4, class: "mono" });
}

function badge(kind, text, title) {
    return h(
        "span",
        {
            class: "badge",
            title,
            data: { badge: kind, tone: kind === "host" || kind === "variable" || kind === "label" ? "odd" : "other" },
        },
        text,
    );
}

const ELSEWHERE = {
    "notifications.services": ["#/notifications", "Notifications"],
    custom_health_checks: ["#/checks", "Health checks"],
    "maintenance.windows": ["#/maintenance", "Maintenance"],
};

function originText(s) {
    if (s.source === "default") return "default";
    return s.source === "not set" ? "not set" : s.source;
}

function labelsNote(s) {
    if (!s.labels_total) return null;
    const some = s.labels.map((l) => `${l.container} (${l.label}=${l.value})`).join(", ");
    const rest = s.labels_total - s.labels.length;
    return h(
        "p",
        { class: "hint", data: { badge: "label" } },
        `A label wins for ${count(s.labels_total, "container")}: `,
        said(some),
        rest > 0 ? ` and ${rest} more` : "",
    );
}

function meaning(s) {
    const isSeconds = s.path.endsWith("_seconds") && typeof s.value === "number" && s.value >= 60;
    const facts = [
        `default ${shown(s.default)}`,
        s.range,
        s.type,
        isSeconds ? `now ${duration(s.value)}` : null,
        s.env,
        s.label ? `label ${s.label}` : null,
    ];
    return facts.filter(Boolean).join(" · ");
}

// What is typed and not saved, so that a look at another view does not lose it: path -> text.
const drafts = new Map();
export const hasDrafts = () => drafts.size > 0;

// edited() is called when something is typed. { node, setting, isDirty, value, error, reset, complain }.
export function settingField(s, edited) {
    const id = `set:${s.path}`;
    const elsewhere = ELSEWHERE[s.path];
    const isFixed = s.host_only || elsewhere;
    const control = elsewhere
        ? h("a", { id, href: elsewhere[0], class: "button", data: { input: "" } }, `Under ${elsewhere[1]}`)
        : makeControl(s, id);
    const error = h("p", { id: `${id}-error`, class: "problem", data: { error: "" }, role: "alert" });
    const before = format(s, s.variable && s.in_file !== null ? s.in_file : s.value);
    const toDefault = button("Default", "setting-default", () => setDefault(), {
        class: "quiet",
        title: "Takes it out of config.json",
        "aria-label": `${s.path}: default`,
    });
    let wantsDefault = false;
    const node = h(
        "div",
        { class: "setting", data: { path: s.path, origin: s.source } },
        h(
            "div",
            { class: "head" },
            h(elsewhere ? "span" : "label", elsewhere ? {} : { for: id }, s.path),
            badge("origin", originText(s), "Where the value that holds comes from"),
            s.at_start ? badge("restart", "read at the start", "serve has to be started anew for it to hold") : null,
            s.host_only ? badge("host", "on the host only", "What runs, reads or writes on the host is never set over HTTP") : null,
            s.variable
                ? badge(
                      "variable",
                      `${s.variable} wins`,
                      "A variable of serve's environment: what is set here goes into config.json and does not hold",
                  )
                : null,
        ),
        h("p", { id: `${id}-help`, class: "help" }, s.help, h("span", { class: "hint" }, meaning(s))),
        h("div", { class: "value" }, control, isFixed ? null : toDefault),
        s.host_only
            ? h("p", { class: "hint" }, "Set it there: ", h("code", {}, `docker autoheal config set ${s.path} VALUE`))
            : null,
        labelsNote(s),
        error,
    );

    if (!elsewhere) {
        control.value = drafts.get(s.path) ?? before;
        if (s.host_only) control.disabled = true;
        control.addEventListener("input", () => ((wantsDefault = false), check()));
    }
    toDefault.hidden = s.in_file === null;

    function setDefault() {
        control.value = format(s, s.default);
        wantsDefault = true;
        check();
    }

    const isDirty = () => !isFixed && (wantsDefault || control.value !== before);

    function value() {
        return wantsDefault ? null : parseSetting(s, control.value);
    }

    function complain(text) {
        put(error, text);
        if (text) control.setAttribute("aria-invalid", "true");
        else control.removeAttribute("aria-invalid");
    }

    function check() {
        if (isDirty() && !wantsDefault) drafts.set(s.path, control.value);
        else drafts.delete(s.path);
        mark(node, "dirty", isDirty() ? "yes" : null);
        try {
            if (isDirty()) value();
            complain("");
        } catch (problem) {
            complain(problem.message);
        }
        edited();
    }

    if (drafts.has(s.path)) mark(node, "dirty", isDirty() ? "yes" : null);

    return {
        node,
        setting: s,
        isDirty,
        value,
        complain,
        hasError: () => error.textContent !== "",
        text: () => control.value,
        // By what can be known here: what the server said of it may be mended by another field.
        isWrong() {
            try {
                value();
                complain("");
                return false;
            } catch (problem) {
                complain(problem.message);
                return true;
            }
        },
        focus: () => control.focus(),
        // What was typed since it was sent stays.
        saved: (sent) => control.value === sent && drafts.delete(s.path),
        reset() {
            if (isFixed) return;
            control.value = before;
            wantsDefault = false;
            check();
        },
    };
}
