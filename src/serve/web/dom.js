// SPDX-License-Identifier: MIT
// Elements from plain data. What comes from outside is only ever set as text, never parsed.

const SVG = "http://www.w3.org/2000/svg";

function setProp(node, key, value) {
    if (value === null || value === undefined || value === false) return;
    if (key === "on") {
        for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    } else if (key === "data") {
        for (const [name, text] of Object.entries(value)) if (text !== null && text !== undefined) node.dataset[name] = text;
    } else if (key === "value" || key === "checked") {
        node[key] = value;
    } else {
        node.setAttribute(key, value === true ? "" : value);
    }
}

function make(node, props, children) {
    for (const [key, value] of Object.entries(props ?? {})) setProp(node, key, value);
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return node;
}

// h("button", { type: "button", class: "quiet", data: { action: "x" }, on: { click } }, "text", node, [more])
export function h(tag, props, ...children) {
    return make(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
    return make(document.createElementNS(SVG, tag), props, children);
}

// Text of others: whatever writing direction it asks for ends with it.
export function said(text, props) {
    return h("bdi", props, text ?? "");
}

// Sets a text only where it differs, so that nothing is drawn or read aloud anew.
export function put(node, text) {
    const wanted = text ?? "";
    if (node.textContent !== wanted) node.textContent = wanted;
}

export function flag(node, name, value) {
    if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : value);
}

export function mark(node, name, value) {
    if (value === null || value === undefined) delete node.dataset[name];
    else if (node.dataset[name] !== String(value)) node.dataset[name] = value;
}

export function button(label, action, click, props = {}) {
    const { data, ...others } = props;
    return h("button", { type: "button", ...others, data: { action, ...data }, on: { click } }, label);
}

// ---- The focus, where what had it goes ----

const CAN_FOCUS = "a[href], button, input, select, textarea, summary";
const holds = (node) => node.contains(document.activeElement);
const named = (node) => node.dataset.container ?? node.dataset.service ?? node.dataset.scope;
const heading = () => document.querySelector("#main h1");

// Draws the children anew. The focus stays, or goes to the same control of the same thing; where that is gone, to a link or box of
// what stands in its place, never to a button that would do something to another one; or else to the heading of the view.
export function redraw(parent, draw) {
    const focused = document.activeElement;
    const place = holds(parent) ? [...parent.children].findIndex(holds) : -1;
    const item = parent.children[place];
    const action = focused?.closest("[data-action]")?.dataset.action;
    draw();
    if (!item || document.activeElement === focused) return;
    if (focused.isConnected) return focused.focus({ preventScroll: true });
    const same = named(item) && [...parent.children].find((child) => named(child) === named(item));
    const next = parent.children[Math.min(place, parent.children.length - 1)];
    const again = same?.querySelector(action ? `[data-action="${action}"]` : "a");
    (again ?? next?.querySelector("a[href], input, select, summary") ?? heading()).focus();
}

// Other controls of the same thing: the focus stays where it was among them.
export function renew(parent, ...controls) {
    const place = [...parent.children].findIndex(holds);
    parent.replaceChildren(...controls);
    const able = (node) => node.matches(CAN_FOCUS);
    if (place >= 0) (controls.slice(place).find(able) ?? controls.find(able))?.focus({ preventScroll: true });
}

// What is hidden cannot keep the focus.
export function hide(node, isHidden, instead) {
    const had = isHidden && holds(node);
    node.hidden = isHidden;
    if (had) (instead ?? heading()).focus();
}

// The children become these, in this order; what is there already is not touched, and the focus stays.
export function arrange(parent, wanted) {
    const set = new Set(wanted);
    redraw(parent, () => {
        for (const node of [...parent.children]) if (!set.has(node)) node.remove();
        let at = parent.firstElementChild;
        for (const node of wanted) {
            if (node === at) at = at.nextElementSibling;
            else parent.insertBefore(node, at);
        }
    });
}

// A short list that is drawn often: show(items) makes, updates and arranges; an item stays the same element.
export function keyed(parent, { key, make, update }) {
    let nodes = new Map();
    return (items) => {
        const kept = new Map();
        for (const item of items) {
            const node = nodes.get(key(item)) ?? make(item);
            update?.(node, item);
            kept.set(key(item), node);
        }
        nodes = kept;
        arrange(parent, [...kept.values()]);
    };
}

let ids = 0;
export const newId = (prefix) => `${prefix}-${++ids}`;

// A label above its control, and what it means beneath.
export function field(label, control, hint) {
    control.id ||= newId("f");
    const described = hint ? h("small", { id: `${control.id}-hint`, class: "hint" }, hint) : null;
    if (described) control.setAttribute("aria-describedby", described.id);
    return h("div", { class: "field" }, h("label", { for: control.id }, label), control, described);
}

// What is wrong with a field stands at it, until something else is typed there. "": nothing is.
export function complain(control, text) {
    const place = control.closest(".field");
    let note = place.querySelector(".problem");
    if (!note && text) {
        note = h("p", { id: `${control.id}-problem`, class: "problem", role: "alert" });
        place.append(note);
        control.addEventListener("input", () => complain(control, ""));
        const described = [control.getAttribute("aria-describedby"), note.id].filter(Boolean);
        control.setAttribute("aria-describedby", described.join(" "));
    }
    if (note) put(note, text);
    flag(control, "aria-invalid", text ? "true" : null);
}

export function select(options, value, props) {
    const items = options.map((option) => {
        const [key, text] = Array.isArray(option) ? option : [option, option];
        return h("option", { value: key }, text);
    });
    const node = h("select", props, items);
    node.value = value;
    return node;
}

export function tableHead(...labels) {
    const cells = labels.map((label) => h("th", { scope: "col" }, label));
    return h("thead", {}, h("tr", {}, cells));
}

export function definitions(id, pairs) {
    const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
    return h(
        "dl",
        { id, class: "facts" },
        rows.map(([term, value]) =>
            h("div", {}, h("dt", {}, term), h("dd", {}, value instanceof Node ? value : said(String(value)))),
        ),
    );
}
