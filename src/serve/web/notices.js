// SPDX-License-Identifier: MIT
// What came of an action, with a way back; confirmations in place; and what a screen reader is told.

import { button, h, put } from "./dom.js";
import { localTimes } from "./told.js";

const SHOWN_MS = 12000;
const MOST = 3;

const list = document.getElementById("notices");
const announcer = document.getElementById("announce");

export function announce(text) {
    put(announcer, "");
    setTimeout(() => put(announcer, text), 50);
}

let cameFrom = null; // what had the focus before a notice had it

list.addEventListener("focusin", ({ relatedTarget }) => {
    if (!list.contains(relatedTarget)) cameFrom = relatedTarget;
});

function remove(notice) {
    const hadFocus = notice.contains(document.activeElement);
    notice.remove();
    if (hadFocus) (cameFrom?.isConnected ? cameFrom : document.getElementById("main")).focus({ preventScroll: true });
}

// Stays while it is pointed at or has the focus; errors stay until they are dismissed.
function fade(notice, kind) {
    if (kind === "error") return;
    const due = () =>
        notice.matches(":hover") || notice.contains(document.activeElement) ? setTimeout(due, 2000) : remove(notice);
    setTimeout(due, SHOWN_MS);
}

// What was used last is not left beneath them.
function uncover() {
    const used = document.activeElement;
    const [own, its] = [list, used].map((each) => each.getBoundingClientRect());
    const isCovered = own.top < its.bottom && its.top < own.bottom && own.left < its.right && its.left < own.right;
    if (isCovered && document.getElementById("main").contains(used)) used.scrollIntoView({ block: "nearest" });
}

// The page gets as much longer as they are high.
new ResizeObserver(() => {
    document.documentElement.style.setProperty("--notices", `${list.offsetHeight}px`);
    uncover();
}).observe(list);

// kind: done, warning, error. undo: { run, done }.
export function notify(kind, said, undo) {
    const text = localTimes(said);
    for (const same of [...list.children])
        if (same.dataset.kind === kind && same.firstElementChild.textContent === text) remove(same);
    const notice = h("div", { class: "notice", data: { kind } }, h("p", {}, text));
    if (undo)
        notice.append(
            button("Undo", "undo", async () => {
                remove(notice);
                await attempt(undo.run, undo.done);
            }),
        );
    notice.append(button("Dismiss", "dismiss", () => remove(notice), { class: "quiet" }));
    list.append(notice);
    const old = [...list.querySelectorAll(".notice:not([data-kind=error])")];
    for (const gone of old.slice(0, Math.max(0, list.children.length - MOST))) remove(gone);
    fade(notice, kind);
}

// A key of the configuration stays as it is written.
const sentence = (text) => (/^[\w]+\.\w/.test(text) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`);

export function fail(error, what) {
    if (error.status === undefined) throw error; // a mistake of the page's own belongs to the console
    if (error.status === 401) return;
    notify("error", what ? `${what}: ${error.message}` : sentence(error.message));
}

// Runs what a control asks for; the outcome is told, with the server's own words and warnings. what: said before an error.
export async function attempt(run, done, undo, what) {
    try {
        const reply = await run();
        if (reply === null) return null; // it was said where it belongs
        const text = done ?? reply?.message;
        if (text) notify("done", text, undo);
        for (const warning of reply?.warnings ?? []) notify("warning", warning);
        return reply;
    } catch (error) {
        fail(error, what);
        return null;
    }
}

// The control says that it is at work, and cannot be pressed twice.
export async function busy(control, run) {
    if (control.getAttribute("aria-busy") === "true") return null;
    control.setAttribute("aria-busy", "true");
    control.setAttribute("aria-disabled", "true");
    try {
        return await run();
    } finally {
        control.removeAttribute("aria-busy");
        control.removeAttribute("aria-disabled");
        uncover(); // what came of it may have moved it
    }
}

// In the place of the control: what will be done, and a way to leave it. Nothing else is blocked.
export function confirm(control, { yes, no = "Keep", question }, run) {
    const accept = button(yes, null, null, { class: "danger", data: { confirm: "yes" } });
    const decline = button(no, null, null, { class: "quiet", data: { confirm: "no" } });
    const group = h(
        "span",
        { class: "confirm", role: "group", "aria-label": question ?? yes },
        question ? h("span", {}, question) : null,
        accept,
        decline,
    );
    const back = (focus) => {
        if (!group.isConnected) return;
        group.replaceWith(control);
        if (focus) control.focus();
    };
    accept.addEventListener("click", async ({ detail }) => {
        if (detail > 1) return; // of a double click the first one asked for this question, and the second answers nothing
        back(true);
        await busy(control, run);
    });
    decline.addEventListener("click", () => back(true));
    group.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        back(true);
    });
    control.replaceWith(group);
    accept.focus();
}
