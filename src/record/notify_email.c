/* SPDX-License-Identifier: MIT */
/* Mail: one message to all recipients, in UTF-8, its body in base64 so that no server has to like its lines. */
#include "notify_internal.h"

#include "autoheal/util/mime.h"
#include "autoheal/util/timefmt.h"

#define TITLE_MAX ((size_t)200)
#define TEXT_MAX  ((size_t)16 * 1024)
#define MAIL_MAX  ((size_t)128 * 1024)
#define LINE      76

/* "Thu, 01 Jan 1970 00:00:00 +0000" */
static void add_date(struct buf *out, int64_t us) {
        static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
        static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
        char iso[TIME_ISO_SIZE];
        int month;

        us = us > 0 ? us : 0;
        time_format_iso(us, iso);
        month = (iso[5] - '0') * 10 + (iso[6] - '0') - 1;
        buf_addf(out, "Date: %s, %.2s %s %.4s %.8s +0000\r\n", days[us / (86400 * US_PER_S) % 7], iso + 8, months[month % 12], iso,
                 iso + 11);
}

static void add_header(struct buf *out, const char *name, const char *value) {
        buf_addf(out, "%s: ", name);
        mime_header(out, value, "\r\n ");
        buf_add_str(out, "\r\n");
}

/* It may have been read from a file. */
static void add_token(struct buf *out, const char *text) {
        static const char fine[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

        for (; *text; text++)
                if (strchr(fine, *text))
                        buf_add_char(out, *text);
}

static void add_recipients(struct buf *out, const struct string_list *to) {
        for (size_t i = 0; i < to->n; i++)
                buf_addf(out, "%s%s", i ? ",\r\n " : "To: ", to->items[i]);
        buf_add_str(out, "\r\n");
}

static void add_body(struct buf *out, const char *text) {
        struct buf lines AUTO(buf_release) = BUF_INIT(TEXT_MAX * 2), encoded AUTO(buf_release) = BUF_INIT(TEXT_MAX * 4);

        for (; *text; text++) {
                if (*text == '\n')
                        buf_add_char(&lines, '\r');
                buf_add_char(&lines, *text);
        }
        buf_add_str(&lines, "\r\n");
        mime_base64(&encoded, buf_str(&lines), lines.len);
        for (size_t i = 0; i < encoded.len; i += LINE) {
                buf_add(out, encoded.data + i, encoded.len - i < LINE ? encoded.len - i : LINE);
                buf_add_str(out, "\r\n");
        }
}

/* An address is written as it is: nothing in it may end the line, or the brackets around it. */
static int check_address(const char *address, struct error *err) {
        for (const char *p = address; *p; p++)
                if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || strchr("<>,;\"\\()", *p))
                        return error_set(err, ERR_INVALID, "from and to must be plain addresses: name@example.org");
        return *address ? 0 : error_set(err, ERR_INVALID, "from and to must not be empty");
}

static int check(const struct target *t, struct error *err) {
        if (need(t->url, "url", err) < 0 || need(t->from, "from", err) < 0 || need(t->to.n ? "to" : NULL, "to", err) < 0 ||
            check_address(t->from, err) < 0)
                return -1;
        for (size_t i = 0; i < t->to.n; i++)
                if (check_address(t->to.items[i], err) < 0)
                        return -1;
        return 0;
}

static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        struct buf mail AUTO(buf_release) = BUF_INIT(MAIL_MAX);
        const char *at = t->from ? strchr(t->from, '@') : NULL;

        if (check(t, err) < 0)
                return -1;
        add_date(&mail, m->at_us);
        buf_addf(&mail, "From: %s\r\n", t->from);
        add_recipients(&mail, &t->to);
        add_header(&mail, "Subject", message_title(m, TITLE_MAX, a));
        buf_add_str(&mail, "Message-ID: <");
        add_token(&mail, m->id);
        buf_addf(&mail, ".autoheal%s>\r\n", at ? at : "@localhost");
        buf_add_str(&mail, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: base64\r\n");
        if (message_priority(m) >= PRIORITY_HIGH)
                buf_add_str(&mail, "X-Priority: 2\r\n");
        buf_add_str(&mail, "\r\n");
        add_body(&mail, message_text(m, &style_plain, TEXT_MAX, a));
        *ret = (struct letter){ .url = t->url, .body = arena_strdup(a, buf_str(&mail)), .mail = true };
        return 0;
}

const struct notify_kind notify_email = { .write = write };
