/* Bytes of an answer through our reader, libcurl and http_parser. What we take, they take as well, with the same status and body; what we refuse, they may take only for a reason that
 * is known. Each difference is a row of the table below, with an answer that shows it: a row that shows nothing any more is a finding, too. */
#define _GNU_SOURCE 1
#include "http/message/line.h"
#include "peers.h"

enum { CURL_TAKES = 1, PARSER_TAKES = 2, BOTH_TAKE = 3, CURL_DIFFERS = 1, PARSER_DIFFERS = 2, BOTH_DIFFER = 3 };

/* One answer, and what became of it with us and with one of them. */
struct view {
  const struct answer *answer;
  const struct reader *ours;
  const struct reading *theirs;
  const struct buf *raw; /* the body as http_parser cut it out, still encoded */
};

struct difference {
  const char *name;
  unsigned peers;
  const char *why; /* ours for refusing it; NULL where we take it and they do not, or otherwise */
  const char *because;
  bool (*is)(const struct view *view); /* NULL: our reason tells it */
  const char *example;                 /* as the fuzzer's bytes; MANY stands for 66,000 letters */
};

/* --- what we take --- */

static bool is_of_unknown_coding(const struct view *view) {
  return view->ours->coding == READER_UNKNOWN_CODING && (!view->theirs->accepted || view->theirs->status == view->ours->status);
}

/* Content-Encoding has a word that libcurl does not know, and refuses. */
static bool names_no_coding(const struct view *view) {
  static const char *const known[] = { "", "identity", "none", "gzip", "x-gzip" };
  const struct reader *ours = view->ours;
  const char *line = buf_string(&ours->head), *end = line + ours->headers, *member;
  size_t member_len;
  if (view->theirs->accepted) return false;
  for (; line < end; line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1) {
    const char *list = line + strlen(line) + 1;
    size_t len = strlen(list);
    if (!line_is(line, strlen(line), "content-encoding")) continue;
    while (line_member(&list, &len, &member, &member_len)) {
      bool is_known = false;
      for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        is_known = is_known || line_is(member, member_len, known[i]);
      if (!is_known) return true;
    }
  }
  return false;
}

/* There are bytes behind the first member. */
static bool has_several_members(const struct view *view) {
  unsigned char text[4096];
  z_stream stream = { .next_in = (unsigned char *)view->raw->data, .avail_in = (uInt)view->raw->len };
  int rc = Z_OK;
  if (view->ours->coding != READER_GZIP || !view->raw->len) return false;
  must(inflateInit2(&stream, 15 + 16) == Z_OK, "no memory");
  while (rc == Z_OK) {
    stream.next_out = text;
    stream.avail_out = sizeof text;
    rc = inflate(&stream, Z_NO_FLUSH);
  }
  inflateEnd(&stream);
  return rc == Z_STREAM_END && stream.avail_in > 0;
}

static bool may_have_no_body(const struct view *view) {
  const struct reader *ours = view->ours;
  return (ours->status == 204 || ours->status == 304) && (ours->left > 0 || ours->is_chunked) && ours->body.len == 0;
}

/* Whether a header of the answer has a name that begins so, and goes on. */
static bool has_longer_name(const struct reader *ours, const char *start) {
  struct piece rest = { buf_string(&ours->head), ours->headers };
  size_t len = strlen(start);
  while (rest.len) {
    struct piece line = cut_piece(&rest, '\n');
    if (strlen(line.bytes) > len && find((struct piece){ line.bytes, len }, start, len, 0) == 0) return true;
  }
  return false;
}

static bool is_like_transfer_encoding(const struct view *view) {
  return has_longer_name(view->ours, "transfer-encoding");
}

#define MANY "\x7f"
#define OK   "0aHTTP/1.1 200 OK\r\n"
#define ONE  "Content-Length: 1\r\n\r\na"
#define HUNK "Transfer-Encoding: chunked\r\n\r\n"

static const struct difference differences[] = {
  /* We take it. */
  { "a coding we do not ask for", CURL_DIFFERS, NULL, "we throw the body away and say so; libcurl fails, or knows it", is_of_unknown_coding,
    OK "Content-Encoding: br\r\n" ONE },
  { "a word that is no coding", CURL_DIFFERS, NULL, "servers write character sets there; libcurl fails, browsers leave the body as it is",
    names_no_coding, OK "Content-Encoding: utf-8\r\n" ONE },
  { "several members of gzip", CURL_DIFFERS, NULL, "RFC 1952 allows them, and gzip(1) ignores what is none; libcurl reads the first",
    has_several_members, "0cHTTP/1.1 200 OK\r\n\r\none\ntwo" },
  { "a body of 204 or 304", PARSER_DIFFERS, NULL, "RFC 9112, 6.3: they have none, whatever the head says; http_parser waits for it", may_have_no_body,
    "0aHTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n" },

  { "Transfer-Encoding-Else", PARSER_DIFFERS, NULL, "another header; http_parser takes it for Transfer-Encoding, beside a length",
    is_like_transfer_encoding, OK "Transfer-Encoding-Else: b\r\n" ONE },

  /* We refuse it: the first line. */
  { "another version", CURL_TAKES, "no status line of HTTP/1.0 or 1.1", "an answer to a request of HTTP/1.1 is 1.0 or 1.1", NULL,
    "0aHTTP/1.1 200\rOK\r\n" ONE },
  { "another version", PARSER_TAKES, "no status line of HTTP/1.0 or 1.1", "an answer to a request of HTTP/1.1 is 1.0 or 1.1", NULL,
    "0aHTTP/0.9 200 OK\r\n" ONE },
  { "a status above 599", BOTH_TAKE, "a status that is none", "RFC 9110, 15: invalid", NULL, "0aHTTP/1.1 600 OK\r\n" ONE },
  { "a control character in the reason", BOTH_TAKE, "a control character in the status line", "RFC 9112, 4", NULL, "0aHTTP/1.1 200 O\x0bK\r\n" ONE },
  { "101", BOTH_TAKE, "a switch of protocols that nobody asked for", "what follows is no HTTP", NULL,
    "0aHTTP/1.1 101 Switching\r\n\r\nHTTP/1.1 200 OK\r\n" ONE },
  { "a 1xx answer with a body", CURL_TAKES, "a 1xx answer with a body", "RFC 9110, 15.2: it takes the body for the next answer", NULL,
    "0aHTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\nHTTP/1.1 200 OK\r\n" ONE },
  { "a 1xx answer with a body", PARSER_TAKES, "a 1xx answer with a body", "RFC 9110, 15.2: it takes the next answer for the body", NULL,
    "0aHTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\nbHTTP/1.1 200 OK\r\n" ONE },

  /* Headers. */
  { "bare LF", BOTH_TAKE, "a line that does not end with CRLF", "a proxy before us may see one line where we see two", NULL,
    "0aHTTP/1.1 200 OK\nContent-Length: 1\n\na" },
  { "a folded header", BOTH_TAKE, "a folded header", "obsolete (RFC 9112, 5.2), and a header of its own for some", NULL, OK "A: b\r\n c\r\n" ONE },
  { "a space in or behind a name", BOTH_TAKE, "a space in a header's name, or before its colon", "RFC 9112, 5.1: it hides headers from some", NULL,
    OK "A b: c\r\n" ONE },
  { "a byte that no name has", CURL_TAKES, "a character that no header's name has", "RFC 9110, 5.1", NULL, OK "A(: b\r\n" ONE },
  { "a byte that no name has", PARSER_TAKES, "a character that no header's name has", "a bare CR, which it takes for the end of a line", NULL,
    OK "\rA: b\r\n" ONE },
  { "a header without a name", CURL_TAKES, "a header without a name", "RFC 9110, 5.1", NULL, OK ": b\r\n" ONE },
  { "a control character in a header", BOTH_TAKE, "a control character in a header", "RFC 9110, 5.5: bare CR and NUL end a value for some", NULL,
    OK "A: \x01\r\n" ONE },
  { "a head of more than 64 KiB", BOTH_TAKE, "its head is too large", "our limit", NULL, OK "A: " MANY "\r\n" ONE },

  /* Lengths. */
  { "two lengths", BOTH_TAKE, "more than one length", "which one counts is up to the reader: answers are smuggled so", NULL,
    OK "Transfer-Encoding: chunked\r\n"
       "Transfer-Encoding: chunked\r\n\r\n"
       "0\r\n\r\n" },
  { "a length with more behind it", CURL_TAKES, "a length that is no plain number", "RFC 9110, 8.6", NULL, OK "Content-Length: 1x\r\n\r\na" },
  { "chunks in HTTP/1.0", BOTH_TAKE, "chunks where there are none", "RFC 9112, 6.1: its framing is to be taken as faulty", NULL,
    "0aHTTP/1.0 200 OK\r\n" HUNK "0\r\n\r\n" },
  { "another transfer encoding", BOTH_TAKE, "a transfer encoding that is not just chunked", "we ask for none, and what is left is up to the reader",
    NULL, OK "Transfer-Encoding: other\r\n\r\n" },
  { "bytes behind the end", BOTH_TAKE, "bytes behind the end", "nobody asked for them; they stop reading", NULL, OK ONE "b" },
  { "a body of more than we want", BOTH_TAKE, "its body is too large", "our limit", NULL, "3aHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef" },

  /* Chunks. */
  { "a size with more behind it", BOTH_TAKE, "a chunk without a plain size", "RFC 9112, 7.1, whose blanks are for reading only", NULL,
    OK HUNK "1 \r\na\r\n0\r\n\r\n" },
  { "a chunk that ends with LF", CURL_TAKES, "a chunk that does not end where it says", "RFC 9112, 7.1", NULL, OK HUNK "1\r\na\n0\r\n\r\n" },
  { "a chunk that goes on", PARSER_TAKES, "a chunk that does not end where it says", "RFC 9112, 7.1: it skips whatever two bytes are there", NULL,
    OK HUNK "1\r\nabc0\r\n\r\n" },
  { "a control character in an extension", BOTH_TAKE, "a control character in a chunk's extension", "RFC 9112, 7.1.1", NULL,
    OK HUNK "1;\x01\r\na\r\n0\r\n\r\n" },
  { "a long extension", BOTH_TAKE, "a chunk's extension is too long", "our limit", NULL, OK HUNK "1;" MANY "\r\na\r\n0\r\n\r\n" },
  { "a length in a trailer", BOTH_TAKE, "a length in a trailer", "RFC 9110, 6.5.1", NULL, OK HUNK "0\r\nContent-Length: 0\r\n\r\n" },

  /* Codings, and where it ends. */
  { "gzip that is cut short", BOTH_TAKE, "its gzip is cut short", "half of an answer; http_parser decodes nothing", NULL,
    OK "Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8b\x08\x10!!!!!!" },
  { "gzip that is broken", PARSER_TAKES, "its gzip is broken", "it decodes nothing", NULL,
    OK "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab" },
  { "the end within the head", CURL_TAKES, "the connection ended within it", "half of an answer", NULL, "0aHTTP/1.1 200 OK\r\nA: b\r\n" },
  { "the end within gzip", PARSER_TAKES, "the connection ended within it", "it decodes nothing", NULL, OK "Content-Encoding: gzip\r\n\r\n\x1f\x8b" },
};

#define COUNT (sizeof differences / sizeof differences[0])

/* --- the comparison --- */

static bool has_same_body(const struct view *view, unsigned peer) {
  const struct reader *ours = view->ours;
  struct buf decoded = view->theirs->body;
  if (peer == CURL_DIFFERS || ours->coding != READER_GZIP || decoded.len == 0)
    return !ours->encoded && decoded.len == ours->body.len && memcmp(buf_string(&decoded), buf_string(&ours->body), decoded.len) == 0;
  buf_init(&decoded, view->answer->max_body + 1);
  struct gunzip *gunzip = gunzip_new();
  must(gunzip != NULL, "no memory");
  bool same = gunzip_feed(gunzip, view->theirs->body.data, view->theirs->body.len, &decoded) == GUNZIP_OK && gunzip_complete(gunzip) &&
              decoded.len == ours->body.len && memcmp(buf_string(&decoded), buf_string(&ours->body), decoded.len) == 0;
  gunzip_free(gunzip);
  buf_free(&decoded);
  return same;
}

/* Of a body that was thrown away, how long it was. */
static bool has_same_length(const struct view *view) {
  return view->theirs->body.len == view->answer->max_body - view->ours->raw_left;
}

static bool agrees(const struct view *view, unsigned peer) {
  const struct reader *ours = view->ours;
  if (ours->fault != READER_OK) return !view->theirs->accepted;
  if (!view->theirs->accepted || view->theirs->status != ours->status) return false;
  return ours->encoded && peer == PARSER_DIFFERS ? has_same_length(view) : has_same_body(view, peer);
}

static bool is_row(const struct difference *row, const struct view *view, unsigned peer) {
  if (!(row->peers & peer)) return false;
  if (row->why) return view->ours->why && strcmp(row->why, view->ours->why) == 0;
  return view->ours->fault == READER_OK && row->is(view);
}

/* The rows that an answer may be, of which expected has to be one where it is given. */
static void compare(const struct answer *answer, const struct difference *expected) {
  struct reader ours;
  struct reading theirs[2];
  reader_init(&ours, answer->max_body, answer->no_body);
  if (reader_feed(&ours, buf_string(&answer->text), answer->text.len) == READER_HUNGRY) reader_end(&ours);
  read_with_curl(answer, &theirs[0]);
  read_with_parser(answer, &theirs[1]);
  for (unsigned i = 0; i < 2; i++) {
    const struct view view = { answer, &ours, &theirs[i], &theirs[1].body };
    const char *who = i == 0 ? "libcurl" : "http_parser";
    bool known = agrees(&view, 1u << i);
    if (expected && expected->peers & 1u << i)
      must(!known && is_row(expected, &view, 1u << i), "'%s' is no difference to %s any more: %s", expected->name, who,
           ours.why ? ours.why : "we take it");
    for (size_t row = 0; row < COUNT && !known; row++)
      known = is_row(&differences[row], &view, 1u << i);
    must(known, "%s reads it otherwise: status %d, %zu bytes, %s; we: status %d, %zu bytes, %s", who, theirs[i].status, theirs[i].body.len,
         theirs[i].accepted ? "accepted" : "refused", ours.status, ours.body.len, ours.why ? ours.why : "accepted");
  }
  buf_free(&theirs[0].body);
  buf_free(&theirs[1].body);
  reader_free(&ours);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl cannot be used");
  for (size_t i = 0; i < COUNT; i++) {
    const struct difference *row = &differences[i];
    must(*row->because && (row->why != NULL) != (row->is != NULL), "'%s' says no reason", row->name);
    struct answer answer;
    struct buf example;
    buf_init(&example, PLENTY);
    for (const char *c = row->example; *c; c++)
      for (size_t n = *c == MANY[0] ? 66000 : 1; n > 0; n--)
        must(buf_add_char(&example, *c == MANY[0] ? 'a' : *c), "no memory");
    cut_answer(&answer, (const uint8_t *)example.data, example.len);
    compare(&answer, row);
    buf_free(&answer.text);
    buf_free(&example);
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct answer answer;
  cut_answer(&answer, data, size);
  if (answer.text.len < 100000) compare(&answer, NULL); /* what a socket holds */
  buf_free(&answer.text);
  return 0;
}
