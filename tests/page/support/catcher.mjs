// SPDX-License-Identifier: MIT
// Somebody to be notified: keeps what it is sent, and answers with the status that the path begins with (/503/...), else with 200.
import { createServer } from 'node:http';

export function startCatcher() {
    const messages = [];
    const server = createServer((asked, answer) => {
        const chunks = [];
        asked.on('data', (chunk) => chunks.push(chunk));
        asked.on('end', () => {
            messages.push({ method: asked.method, path: asked.url, headers: asked.headers, body: Buffer.concat(chunks).toString() });
            answer.statusCode = Number(/^\/([1-5]\d\d)\//.exec(asked.url)?.[1] ?? 200);
            answer.end();
        });
    });
    return new Promise((resolve) => {
        server.listen(0, '127.0.0.1', () => {
            resolve({
                messages,
                url: (path) => `http://127.0.0.1:${server.address().port}${path}`,
                end: () => {
                    server.closeAllConnections();
                    return new Promise((closed) => server.close(closed));
                },
            });
        });
    });
}
