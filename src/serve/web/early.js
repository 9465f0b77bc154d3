// SPDX-License-Identifier: MIT
// Before anything is drawn: light or dark as chosen, so that nothing flashes; and what is shown first is asked for while the rest
// of the page is still read.
"use strict";
{
    let token = "";
    try {
        document.documentElement.dataset.theme = localStorage.getItem("autoheal-theme") || "auto";
        token = sessionStorage.getItem("autoheal-token") || "";
    } catch {
        // Storage may be forbidden: then the system's preference holds, and there is no token yet.
    }
    const ask = (path) => {
        const headers = token ? { Authorization: `Bearer ${token}` } : {};
        const patience = new AbortController(); // whoever takes it loses it
        const answer = fetch(path, { headers, signal: patience.signal, cache: "no-store", redirect: "error" }).then(
            async (reply) => ({ reply, text: await reply.text() }),
        );
        answer.catch(() => {}); // whoever takes it hears of it
        return [path, { token, patience, answer }];
    };
    const paths = ["/api/status", "/api/containers?include_stopped=true"];
    window.asked = new Map(location.hash.startsWith("#token=") ? [] : paths.map(ask));
}
