---@meta cards

-- The public interface of `cards`, for editors that know LuaLS annotations and for the reference. docs/guide/editors.md says how an editor finds it.
--
-- What is a table of keys has a class of its own, and takes no other key (`cards.Keys`). Times are seconds. Misuse raises an error at the line that called;
-- what depends on data or on the world is `nil, err`.
-- The program's options are not here: `cards --help` and cards(1) say them.

--- The module: calls to card providers, which keep card numbers and CVVs out of Lua strings.
---@class cards
---@field _VERSION string version of the module
---@field alix cards.alix provider Alix
---@field netxd cards.netxd provider NetXD XD Ledger
---@field whop cards.whop provider Whop
---@field payengine cards.payengine provider PayEngine
---@field nayax cards.nayax provider Nayax
---@field secret cards.SecretMaker makes secrets, `cards.secret(text)`
---@field define cards.Define makes a provider of a Lua table, `cards.define { … }`
---@field map cards.Map mappings to the neutral record, and their transforms
---@field mask cards.Mask masking policies and their rules, `cards.mask(card)`
---@field audit cards.Audit where the entries of an audit go
---@field metrics cards.Metrics what was counted of calls, and how things are, `cards.metrics()`
---@field trace cards.Trace parts of traces, `cards.trace(parent, call, …)`
local cards = {}

--- A table of keys: one that its class does not name is a mistake, and raises with the nearest known one.
---@class cards.Keys
---@field [string] "no such key" any other key

--- What kind of error it is. In this order: 401 and 403 are `auth`, 404 `not_found`, 429 `rate_limited`, 5xx `provider`; then what the provider itself refuses
--- (`declined`); then 402 `declined`, 410 `not_found`, 423 and 424 `provider`, 400, 405, 406, 409, 413, 415 and 422 `invalid_request`, which is a parameter that
--- is missing or malformed, too; anything else that is not the documented shape is `protocol`. `timeout`, `network` and `tls` are the deadline, the connection and
--- its certificate; `busy` is no room for the call, and nothing was sent; `cancelled` is a caller that gave up.
---@alias cards.ErrorKind "invalid_request"|"auth"|"not_found"|"rate_limited"|"declined"|"provider"|"timeout"|"network"|"tls"|"protocol"|"busy"|"cancelled"

--- The error of a call: a table that prints and concatenates as one line, `whop.retrieve: not_found (HTTP 404, code resource_not_found): …`. It has no secret,
--- parameter or credential of the call.
---@class cards.Error
---@field kind cards.ErrorKind what kind of error it is
---@field provider string name of the provider, "cards" where none was asked
---@field operation string name of the operation
---@field message string what went wrong, one line
---@field retryable boolean whether the same call may succeed later, and may be made again
---@field attempts integer requests that were sent; 0 where none was
---@field status? integer HTTP status of the answer, absent where there was none
---@field code? string the provider's own code
---@field request_id? string the provider's name for the request
---@field retry_after? number seconds that the provider asks to wait, at most 86400

--- What a secret is. `pan` is a card number, which shows its last four digits; all others show `***`.
---@alias cards.SecretClass "pan"|"cvv"|"token"|"credential"|"undeclared"

--- Bytes outside the Lua heap: userdata that prints and concatenates as its mask. `#secret` is its length in bytes.
---@class cards.Secret
---@field class cards.SecretClass what it is
---@field state "open"|"closed"|"forked" whether it can be used: it is closed, or was made before this process was forked
---@operator len:integer
---@operator concat(any):string
local Secret = {}

--- The bytes as a Lua string: the only way out. Where `cards.configure` was given a policy it decides, and the audit function is called first. Raises where the secret is
--- closed.
---@param options? cards.RevealOptions who asks, and what for
---@return string? bytes the value; nil only where there is a policy
---@return cards.Error? err kind `invalid_request` where the policy or the audit function refuses
function Secret:reveal(options) end

--- Wipes the bytes now. May be called twice; a later use raises. The collector and `<close>` do it, too.
function Secret:close() end

--- The mask: never more than the first 8 and last 4 characters of a card number, never the whole, nothing of a `cvv`.
---@param ends? cards.Ends what to show; without it the last four of a card number
---@return string mask the mask
function Secret:mask(ends) end

--- The first characters, at most as many as a mask may show: digits of a card number, else bytes.
---@param n integer how many, not negative
---@return string text the characters
function Secret:first(n) end

--- The last characters, at most as many as a mask may show.
---@param n integer how many, not negative
---@return string text the characters
function Secret:last(n) end

--- A new secret of the same class with the digits only.
---@return cards.Secret digits the secret, nil where there is no room for it
---@return cards.Error? err kind `busy`
function Secret:digits() end

--- The bytes in a JWE (RFC 7516, compact), as `cards.seal` makes one of a table. Raises where the secret is closed.
---@param recipient string|cards.Jwk|cards.Recipient a public key, or settings with one
---@return string? jwe text that shows nothing of the secret
---@return cards.Error? err kind `invalid_request` where the key does not do, the secret is longer than 64 KiB, or the policy or the audit function does not allow it
function Secret:seal(recipient) end

--- Whether its digits have the check digit of a card number (Luhn).
---@return boolean valid whether they have
function Secret:luhn() end

--- Compares in a time that does not depend on where the two differ.
---@param other cards.Secret|string what to compare with
---@return boolean equal whether the bytes are the same
function Secret:equals(other) end

--- Keys of `secret:reveal`. Where there is a policy, role and purpose have to be in it.
---@class cards.RevealOptions: cards.Keys
---@field role? string who asks
---@field purpose? string what for
---@field request_id? string what the request is called, for the audit; in nginx that of the request

--- How much a mask shows at either end.
---@class cards.Ends: cards.Keys
---@field first? integer characters at the beginning (0), at most 8 of a card number
---@field last? integer characters at the end (0), at most 4 of a card number

--- A public key as JSON Web Key (RFC 7517): P-256 and X25519 have `crv`, `x` and `y`, RSA has `n` and `e`. It has no private member; `use`, `key_ops` and `alg` have to
--- allow it to encrypt.
---@class cards.Jwk
---@field kty "EC"|"OKP"|"RSA" type of the key
---@field crv? "P-256"|"X25519" its curve
---@field x? string base64url of a coordinate
---@field y? string base64url of a coordinate
---@field n? string base64url of the modulus, 2048 to 8192 bits
---@field e? string base64url of the exponent
---@field kid? string its name, which goes into the header
---@field [string] any what else the key says of itself

--- Whom something is sealed for, and what for. All but the key is a text that anybody can read in the protected header of the JWE, and nobody can change.
---@class cards.Recipient: cards.Keys
---@field key string|cards.Jwk public key of the one who may open it: the text of a JWK, a PEM or a certificate, or a JWK as a table
---@field alg? "ECDH-ES"|"RSA-OAEP-256" what the key has to be used with; it follows from the key
---@field enc? "A256GCM" how the content is encrypted
---@field purpose? string what it may be used for
---@field audience? string who it is for, such as the origin of a page
---@field nonce? string what the recipient gave to tell its answer from others
---@field ttl? integer seconds until `exp` (60)
---@field role? string who asks, for the policy that `cards.configure` was given; it does not go into the header
---@field request_id? string what the request is called, for the audit; in nginx that of the request; it does not go into the header

--- A table as a JSON object in a JWE (RFC 7516, compact), with the secrets in it: only the owner of the key can read it, so it may go through logs and others' hands.
--- It is made in C; nothing of it becomes a Lua string on the way. The header has `alg`, `enc`, `epk`, `kid`, `iat`, `exp`, and `purpose`, `audience` and `nonce` as given.
--- Raises where an argument is none of those.
---@param values table secrets, texts, numbers, booleans and tables of them
---@param recipient string|cards.Jwk|cards.Recipient a public key, or settings with one
---@return string? jwe text that shows nothing of the values
---@return cards.Error? err kind `invalid_request` where the key, a value, the policy or the audit function does not allow it, `busy` where there is no room for secrets
function cards.seal(values, recipient) end

--- Makes secrets: `cards.secret(text)`, or `cards.secret(text, class)` for another class than `credential`. It returns nil and an error of kind `busy` where there is no
--- room for one.
---@class cards.SecretMaker
---@overload fun(text:string,class?:cards.SecretClass):cards.Secret,cards.Error?
local SecretMaker = {}

--- A secret of an environment variable, without one line break at its end. The value never becomes a Lua string.
---@param name string name of the variable
---@return cards.Secret? secret of class `credential`
---@return cards.Error? err kind `invalid_request` where the variable is not set or empty
function SecretMaker.from_env(name) end

--- A secret of a file, without one line break at its end. What is in it never becomes a Lua string.
---@param path string path of the file
---@return cards.Secret? secret of class `credential`
---@return cards.Error? err kind `invalid_request` where the file cannot be read or is empty
function SecretMaker.from_file(path) end

--- The text with each run of 13 to 19 digits that can be a card number masked; spaces and dashes may stand between the digits.
---@param text string|number any text
---@return string text the text without card numbers
function cards.redact(text) end

--- Where the entries of an audit go.
---@class cards.Audit
local Audit = {}

--- A file that gets a line of JSON for each entry, with the hash of the line before it, and is made with the first entry. Workers and other processes may write to
--- it, too, and it may be moved away at any time. `cards audit verify` finds a line that was changed, dropped, inserted or moved. Raises for wrong arguments, and for
--- a key that cannot be read.
---@param path string path of the file
---@param options? cards.AuditOptions a key
---@return fun(entry:table<string,string|number|boolean>):(true?,string?) write appends an entry, in which card numbers are masked; it returns true, or nil and why nothing is written, and raises for an entry of another kind
function Audit.file(path, options) end

--- Keys of `cards.audit.file`.
---@class cards.AuditOptions: cards.Keys
---@field key cards.PlainCredential what the hashes are made with (HMAC-SHA-256), at least 16 bytes: without it nobody can make other ones

--- Closes every secret in a record, a card or any other table, at any depth, or one secret. What is closed stays so. Raises for anything else.
---@param value table|cards.Secret what has secrets in it
function cards.close(value) end

--- How secrets are protected in this process, and how much memory they use.
---@return cards.MemoryFacts facts what is known now
function cards.memory() end

--- What `cards.memory` returns.
---@class cards.MemoryFacts
---@field wiping boolean whether libcurl takes its memory from a pool that wipes it
---@field cleanse boolean whether libcurl uses OpenSSL 3, which wipes what it decrypted
---@field locked boolean whether secrets are locked into memory, so that none is swapped out
---@field dump_excluded boolean whether core dumps leave secrets out
---@field wiped_on_fork boolean whether a forked process has no copy of them
---@field why table<string,string> why a protection is missing, by its name
---@field open integer secrets that are open
---@field used integer bytes that they use
---@field committed integer bytes that are held for them
---@field limit? integer bytes that there may be at most, absent without a limit

--- Settings of the process, for all its clients. Raises for unknown or wrong settings.
---@param settings cards.ProcessSettings what to set; what is absent stays as it is
function cards.configure(settings) end

--- Keys of `cards.configure`.
---@class cards.ProcessSettings: cards.Keys
---@field max_in_flight? integer calls that the I/O thread (nginx, event loops) runs at the same time (8192); a further one is `busy`
---@field metrics? cards.MetricsSettings where workers of nginx add up what they count
---@field memory? "strict"|"best" "best" (at first) protects secrets as well as the system allows; with "strict" no call is sent while a protection is missing
---@field reveal? cards.RevealSettings|false who may reveal and seal what, and who writes it down; `false`, as at first, lets everybody. It counts for one Lua state: each worker of nginx
---@field trace? cards.TraceSettings|false where spans go; `false`, as at first, is nowhere. It counts for one Lua state: each worker of nginx
---@field script_env? string[] environment variables that script files may read with `from_env`; "ACME_*" is all that begin so; none at first

--- Where workers of nginx add up what they count.
---@class cards.MetricsSettings: cards.Keys
---@field shared string name of an nginx lua_shared_dict that nothing else uses, of 1m or more; ignored outside nginx

--- What was counted of calls, and how things are. `cards.metrics()` is a table of this process since it started; in nginx of all workers, where `cards.configure` was given
--- a dict for that. A call counts once, when it ends for who made it. What raises for a mistake in the script does not count, nor do the clients of `cards.testing`.
---@class cards.Metrics
---@overload fun():cards.MetricsFacts
local Metrics = {}

--- The same as text for Prometheus, in its format 0.0.4.
---@return string text of the type `text/plain; version=0.0.4`
function Metrics.prometheus() end

--- What `cards.metrics()` returns.
---@class cards.MetricsFacts
---@field calls table<string,table<string,cards.CallCounts>> by provider and operation. Of more than 64 operations the further ones are together as `other.other`
---@field connections cards.ConnectionCounts connections to providers
---@field limits table<string,cards.LimitCounts> limits that have a name, and rates of definitions. Of more than 32 names the further ones are together as `other`, here and below
---@field breakers table<string,cards.BreakerCounts> breakers that have a name
---@field token_sources table<string,cards.TokenSourceCounts> token sources that have a name, and tokens and keys that definitions fetch
---@field reveals cards.RevealCounts as `cards.reveals()`
---@field secrets cards.SecretCounts secrets in memory
---@field processes integer processes whose metrics these are

--- What was counted of the calls of an operation.
---@class cards.CallCounts
---@field total integer calls that have ended
---@field ok integer those that succeeded
---@field errors table<cards.ErrorKind,integer> those that failed, by the kind of the error
---@field tries integer requests, retries included
---@field reused integer those of them over a connection that was there already
---@field in_flight integer calls that have begun and not ended
---@field latency cards.Latency how long the calls took that were started

--- A histogram of seconds.
---@class cards.Latency
---@field count integer how many
---@field sum number seconds of all together
---@field buckets cards.LatencyBucket[] by ascending bounds, the last one without a bound

--- A bucket of a histogram.
---@class cards.LatencyBucket
---@field le number seconds, `math.huge` for the last one
---@field count integer how many took no longer

--- Connections now.
---@class cards.ConnectionCounts
---@field open integer connections
---@field idle integer those of them that no call uses
---@field waiting integer calls that wait until their client may have one more (`max_connections`)

--- Limits of one name now.
---@class cards.LimitCounts
---@field running integer calls under way, 0 without `concurrency`
---@field waiting integer calls that wait for their turn, 0 without `concurrency`
---@field wait? number seconds until the rate allows another call, of the key that waits longest; absent where hosts share it in a Redis

--- Breakers of one name now.
---@class cards.BreakerCounts
---@field closed integer how many are closed
---@field open integer how many are open
---@field half_open integer how many are half open
---@field failures? integer failures in this window; absent where hosts share them in a Redis

--- Token sources of one name now.
---@class cards.TokenSourceCounts
---@field failed integer in how many processes no token could be fetched the last time
---@field expires? number when the token expires that lives longest, in seconds since 1970; absent where there is none

--- Secrets now.
---@class cards.SecretCounts
---@field open integer secrets that are open
---@field used integer bytes that they use
---@field committed integer bytes that are held for them

--- Where spans go, and of which traces.
---@class cards.TraceSettings: cards.Keys
---@field exporter? cards.Exporter what `cards.trace.otlp` returned
---@field sample? number share of new traces that are sampled, 0 to 1 (1); a trace that goes on is as its parent says

--- Runs a function as a part of a trace (W3C Trace Context): `cards.trace(parent, call, …)` returns what `call(…)` does, and passes its errors on. Calls in it send the headers
--- `traceparent` and `tracestate`, and are spans below that of the function. So are those in functions that it runs with `cards.all` and the like.
--- `parent` is the text of the `traceparent` that a request came with, or `cards.TraceParent`; with nil, or what is none, a new trace begins. Raises for wrong arguments.
---@class cards.Trace
---@overload fun(parent:string|cards.TraceParent|nil,call:function,...:any):...:any
local Trace = {}

--- An exporter that sends spans to a collector, as OTLP in JSON over HTTP: `POST /v1/traces`. Its calls are in no trace and in no metrics. What cannot be sent waits; what finds no room is
--- dropped. Raises for unknown or wrong options.
---@param options cards.OtlpOptions where the collector is
---@return cards.Exporter exporter for `cards.configure { trace = { exporter = … } }`
function Trace.otlp(options) end

--- The headers that a request of one's own has to send to be below the running function.
---@return string? traceparent the one, nil outside of `cards.trace`
---@return string? tracestate the other, nil where the parent had none
function Trace.current() end

--- Sends the spans that wait.
---@param seconds? number that it takes at most (10), 0 to 900
---@return true? sent nil where some are left
---@return cards.Error? err kind `timeout`, with what keeps them
function Trace.flush(seconds) end

--- What became of the spans of this Lua state.
---@return cards.TraceState state how many there were
function Trace.state() end

--- What a trace goes on from.
---@class cards.TraceParent: cards.Keys
---@field traceparent? string|string[] header of that name; a list, of headers that came twice, is none
---@field tracestate? string|string[] header of that name, which counts with a traceparent only
---@field name? string name of the function's span ("cards.trace"), at most 64 printable characters of ASCII

--- Keys of `cards.trace.otlp`.
---@class cards.OtlpOptions: cards.Keys
---@field url string where the collector is, `https://…`; to which `/v1/traces` is added. `http://` is for one at localhost, 127.0.0.1 or [::1]
---@field service? string name of this program in traces ("cards"), at most 64 printable characters of ASCII
---@field headers? table<string,cards.Text> headers of each request, such as a key
---@field ca_file? string path of the authorities that are trusted, instead of the system's
---@field cert_file? string path of the client's certificate
---@field key_file? string path of the key of that certificate
---@field insecure_http? boolean whether `http://` is allowed elsewhere, too (false)
---@field timeout? number seconds of one request (10), at most 900
---@field batch? integer spans of one request (512), at most 1000
---@field queue? integer spans that wait at most (2048)
---@field interval? number seconds until a batch that is not full is sent (5)

--- What sends spans.
---@class cards.Exporter

--- What became of spans.
---@class cards.TraceState
---@field queued integer that wait, or are being sent
---@field sent integer that the collector took
---@field dropped integer that found no room, or could not be sent
---@field rejected integer that the collector refused

--- Who may reveal and seal what, and who writes it down.
---@class cards.RevealSettings: cards.Keys
---@field policy table<string,cards.RevealRole> what each role may, by its name; a copy is taken
---@field audit fun(entry:cards.RevealEntry):(boolean?,any) called before anything is given, and for what is refused; where it raises, or returns false, or nil and a reason, nothing is given. It may
--- wait in nginx and in `cards.all`. It cannot reveal or seal itself

--- What a role may. What is in neither list, it may not.
---@class cards.RevealRole: cards.Keys
---@field classes cards.SecretClass[] classes of the secrets
---@field purposes string[] what for

--- An act of revealing or sealing, as the audit function gets it. It has no value of a secret but the last four digits of a card number.
---@class cards.RevealEntry
---@field time number seconds since 1970
---@field act "reveal"|"seal" what it is
---@field allowed boolean whether the policy allows it
---@field reason? string why not
---@field class? string class of the secret, "pan"; of several in their order, "cvv,pan"
---@field provider? string provider that the secret came from
---@field operation? string operation that it came from
---@field last4? string last four digits of the card number
---@field role? string who asks
---@field purpose? string what for
---@field audience? string who it is sealed for
---@field thumbprint? string thumbprint of the key that it is sealed for (RFC 7638, SHA-256, base64url)
---@field where? string file and line of the script, "app.lua:12"
---@field request_id? string what the request is called

--- How often secrets were revealed and sealed since the process started, with a policy or without one.
---@return cards.RevealCounts counts the counts now
function cards.reveals() end

--- What `cards.reveals` returns.
---@class cards.RevealCounts
---@field revealed integer calls of `secret:reveal` that gave the bytes
---@field sealed integer what was sealed
---@field refused integer what the policy or the audit function refused

-- Clients --------------------------------------------------------------------------

--- An environment variable as a credential, read in `new`.
---@class cards.EnvPlace: cards.Keys
---@field env string name of the variable

--- A file as a credential, read in `new` and again after a 401: with something else in it then, the call is sent once more.
---@class cards.FilePlace: cards.Keys
---@field file string path of the file

--- A credential: a string, a secret, `{ env = "NAME" }`, `{ file = "PATH" }`, a token source, or a function that returns a string or a secret. A function is
--- called before each call, and once more after a 401.
---@alias cards.Credential string|cards.Secret|cards.EnvPlace|cards.FilePlace|cards.TokenSource|(fun():(string|cards.Secret|nil))

--- A credential that is read in `new` only.
---@alias cards.PlainCredential string|cards.Secret|cards.EnvPlace|cards.FilePlace

--- A value that may be a secret.
---@alias cards.Text string|cards.Secret

--- Keys of a call's third argument, which count instead of those of `new`.
---@class cards.CallOptions: cards.Keys
---@field timeout? number seconds for the whole call, its retries included, at most 900
---@field connect_timeout? number seconds for a new connection, at most 900
---@field retries? integer how often the same request is sent again, 0 to 100
---@field max_response_bytes? integer bytes of an answer, at most 1 GiB; a longer one is `protocol`
---@field headers? table<string,cards.Text> headers besides the provider's own
---@field tag? string the caller's own text for the events and spans of the call, at most 64 printable characters of ASCII

--- Keys that `new` of every provider takes.
---@class cards.Config: cards.Keys
---@field base_url? string where the provider is, `https://…`; the provider's own where it has one
---@field base_urls? table<string,string> where URLs of a definition lead instead, `{ ["https://id.acme.example"] = "http://127.0.0.1:1" }`
---@field timeout? number seconds for the whole call, its retries included (30), at most 900
---@field connect_timeout? number seconds for a new connection (5), at most 900
---@field retries? integer how often the same request is sent again (2), 0 to 100
---@field max_response_bytes? integer bytes of an answer (1 MiB), at most 1 GiB; a longer one is `protocol`
---@field headers? table<string,cards.PlainCredential> headers besides the provider's own
---@field user_agent? string header User-Agent
---@field proxy? string|cards.Proxy a proxy: its URL, `http://`, `https://`, `socks4://`, `socks4a://`, `socks5://` or `socks5h://`; none is taken from the environment
---@field tls? cards.Tls certificates
---@field max_connections? integer calls of the client that are on the wire at once; further ones wait within their deadline; without it there is no such limit
---@field idle_timeout? number seconds after which an unused connection is closed (60), at most 86400
---@field max_age? number seconds after which a connection takes no further call (600), at most 86400
---@field insecure_http? boolean whether `http://` is allowed, for tests (false)
---@field on_event? fun(event:cards.Event|cards.TryEvent) called when a call has ended, for each try and then for the call; an error that it raises goes to standard error
---@field shared? string name of an nginx lua_shared_dict, where workers share the tokens that a definition fetches, and its rates; ignored outside nginx. Or the address of a Redis, `redis://HOST/NAME` or `rediss://HOST/NAME`, where hosts share them; `CARDS_SHARED_KEY` is required then
---@field on_loss? "local"|"refuse" while that Redis is away: each process has its own (`local`, the default), or calls are refused

--- A proxy with a user.
---@class cards.Proxy: cards.Keys
---@field url string its URL, without a user
---@field user? string its user
---@field password? cards.PlainCredential its password, which needs a user

--- Key `tls` of `new`: files are PEM and are read in `new`. Certificates of servers are always checked.
---@class cards.Tls: cards.Keys
---@field ca_file? string path of the authorities that are trusted, instead of the system's
---@field cert_file? string path of the client's certificate
---@field key_file? string path of the key of that certificate, which `cert_file` has to be given for
---@field key_password? cards.PlainCredential password of the key
---@field pinned_public_key? string what the server's key has to be, `sha256//…` in base64
---@field min_version? "1.2"|"1.3" oldest version of TLS

--- What `on_event` gets for each call, behind those of its tries. Times are seconds, from the beginning of the call on where a moment is meant.
---@class cards.Event
---@field event "call" what happened
---@field provider string name of the provider
---@field operation string name of the operation
---@field ok boolean whether the call succeeded
---@field kind? cards.ErrorKind of the error
---@field status? integer HTTP status of the answer
---@field code? string the provider's code of the error
---@field request_id? string the provider's name for the request
---@field tag? string the caller's
---@field attempts integer requests that were sent
---@field reused boolean whether the connection was there already
---@field seconds number the whole call
---@field resolve? number time for the name of a new connection, else 0; absent where nothing was sent
---@field connect? number time for a new connection, else 0
---@field tls? number time for its TLS, else 0
---@field sent? number when the whole request was sent
---@field first_byte? number when the answer began
---@field began? number when the last request was begun; absent where nothing was sent
---@field earlier? cards.Attempt[] what was sent before it
---@field bytes_out? integer bytes that were sent
---@field bytes_in? integer bytes that were received

--- A try: one request of a call. Times are seconds, from the beginning of the call on where a moment is meant.
---@class cards.Attempt
---@field began number when it was begun
---@field ended number when there was a record or an error
---@field reused boolean whether the connection was there already
---@field resolve number time for the name of a new connection, else 0
---@field connect number time for a new connection, else 0
---@field tls number time for its TLS, else 0
---@field sent? number when the whole request was sent
---@field first_byte? number when the answer began
---@field status? integer HTTP status of the answer
---@field kind? cards.ErrorKind of its error
---@field code? string the provider's code of its error
---@field request_id? string the provider's name for the request

--- What `on_event` gets for each try.
---@class cards.TryEvent: cards.Attempt
---@field event "try" what happened
---@field provider string name of the provider
---@field operation string name of the operation
---@field attempt integer which try of the call it is, from 1
---@field ok boolean whether it brought a record
---@field seconds number the whole try
---@field tag? string the caller's

--- A call for an event loop: one descriptor serves all of them (the convention of cqueues, `cqueues.poll(job)`). A call that nobody holds is cancelled.
---@class cards.Job
local Job = {}

--- The descriptor, the same for all jobs, that is readable when some job may be done.
---@return integer fd what to poll
function Job:pollfd() end

--- What to poll the descriptor for.
---@return "r" events readable
function Job:events() end

--- When `done` should be called even if the descriptor is not readable.
---@return number seconds 0 where it is done
function Job:timeout() end

--- Whether the result is there. Never waits.
---@return boolean done whether it is
function Job:done() end

--- The result, which is the same each time. Blocks until the job is done.
---@return any record what the operation returns
---@return cards.Error? err why there is none
function Job:result() end

--- Ends the job with an error of kind `cancelled`. Does nothing where it is done.
function Job:cancel() end

--- An iterator over the pages of a list, `for page in client:pages("list") do … end`: each is a record. It ends after the last page, or where one failed.
---@class cards.Pages
---@field err? cards.Error the error that ended it
---@overload fun():cards.Record?,cards.Error?

--- A record: the provider's payload in the provider's own names. Fields that are declared sensitive are secrets, and so is every string and number that the
--- provider's descriptor does not declare; what is null is absent. It prints and concatenates as one masked line, without an id.
---@class cards.Record
---@field [string] any fields of the provider
---@operator concat(any):string
local Record = {}

--- Closes all secrets in it, at any depth. `<close>` does it, too. A field `close` of the provider's comes first: then `cards.close(record)`.
function Record:close() end

--- What an operation needs, sends and reads, as data. It has nothing of what a client was given.
---@param of cards.Module|cards.Client|string a client, a provider's module, or its name
---@param operation? string name of an operation; without it a table of all by their names is returned
---@return cards.Description description the description, or a table of them; raises for an unknown provider or operation
function cards.describe(of, operation) end

--- The neutral record of a provider's record: the same fields for every provider. Raises where the argument is no table.
---@param record cards.Record what an operation returned
---@return cards.Card card the neutral record, nil where there is none
---@return cards.Error? err kind `invalid_request` where the record has no mapping, or one that fails; `busy` where there is no room for a secret
function cards.card(record) end

-- Many calls -----------------------------------------------------------------------

--- Calls functions at the same time, and waits for all. Raises where the argument is no list of functions.
---@param functions function[] functions without arguments
---@return table ... for each function, in order, the table of what it returned; of one that raised `{ nil, error }`, with its traceback
function cards.all(functions) end

--- Calls a function for each of many values, several at the same time. A loop that is left early cancels the calls under way.
---@param from any[]|(fun():any) a list, or a function that returns the next value and nil at the end
---@param call fun(value:any):any,any what is called
---@param options? cards.EachOptions how
---@return fun():integer,any,any,any next an iterator of index, value and what the function returned, in the order in which the calls end
function cards.each(from, call, options) end

--- Keys of `cards.each`.
---@class cards.EachOptions: cards.Keys
---@field concurrency? integer calls at the same time (64), at most 100000
---@field progress? fun(done:integer,failed:integer,total:integer?,ended:boolean) called after each call; `cards.progress` is one

--- Calls functions one after the other until one succeeds. The next one is called after a retryable error only.
---@param functions function[] functions without arguments
---@return any value what the first success returned
---@return any err the last error, where there is none
function cards.fallback(functions) end

--- Shows the progress of `cards.each` as a line on standard error, where that is a terminal. It is itself a callback; called with a table it returns one.
---@param done integer|cards.ProgressOptions|nil calls that are done, or how many there will be
---@param failed? integer calls that failed
---@param total? integer calls that there will be
---@param ended? boolean whether all calls are done
---@return function? callback for `cards.each`
function cards.progress(done, failed, total, ended) end

--- Keys of `cards.progress`.
---@class cards.ProgressOptions: cards.Keys
---@field total? integer values that there are

--- Waits. In `cards.all`, `cards.each` and nginx other functions go on meanwhile; elsewhere it blocks.
---@param seconds number 0 to 1e6
---@return true? ok where it waited so long
---@return cards.Error? err kind `timeout` where a deadline comes first, `cancelled` where the function is cancelled
function cards.sleep(seconds) end

--- Calls a function whose calls and waits share a time limit. A call that begins after it is not sent and is a `timeout`. Of nested ones the earliest holds.
---@param seconds number 0 to 1e6
---@param call function what is called
---@param ... any its arguments
---@return any ... what the function returns
function cards.deadline(seconds, call, ...) end

--- Calls a function again after a retryable error, with full jitter; `retry_after` of the error is waited for.
---@param call function without arguments; it fails by nil and an error
---@param policy? cards.RetryOptions how often and when
---@return any ... what the last attempt returned
function cards.retry(call, policy) end

--- Keys of `cards.retry`.
---@class cards.RetryOptions: cards.Keys
---@field attempts? integer calls in all (3), at most 1000
---@field base? number longest wait in seconds after the first failure (0.2); it doubles with each
---@field max? number longest wait in seconds (5)
---@field on? fun(err:any):boolean whether to try again; without it `err.retryable` decides

--- Calls a function once more where it takes long or fails with a retryable error. The first success wins, and the other calls are cancelled.
---@param call function without arguments; it fails by nil and an error
---@param options? cards.HedgeOptions how often and when
---@return any ... what the first success returned, or what the last attempt returned
function cards.hedge(call, options) end

--- Keys of `cards.hedge`.
---@class cards.HedgeOptions: cards.Keys
---@field after? number seconds after which the next attempt begins (0.3)
---@field attempts? integer attempts in all (2), at most 100

--- Makes a limit on the rate of calls, and on calls at the same time. Raises for unknown or wrong options.
---@param options cards.LimitOptions at least one of `rate` and `concurrency`
---@return cards.Limit limited the limit, which is called with functions
function cards.limit(options) end

--- Keys of `cards.limit`.
---@class cards.LimitOptions: cards.Keys
---@field rate? number calls that may begin in `per` seconds
---@field per? number seconds (1)
---@field burst? integer calls at once after a pause; those of one second, at least 1, where it is absent
---@field concurrency? integer calls at the same time
---@field max_wait? number seconds that a call may wait (30); one that would wait longer is `busy`
---@field key? string|cards.Secret|(fun(...:any):(string|number|cards.Secret)) each key has a limit of its own; a function gets the call's arguments
---@field shared? string name of an nginx lua_shared_dict, where workers share the rate of a `key`; ignored outside nginx. Or the address of a Redis, `redis://HOST/NAME` or `rediss://HOST/NAME`, where hosts share it; `CARDS_SHARED_KEY` is required then
---@field on_loss? "local"|"refuse" while that Redis is away: each process has the full rate (`local`, the default), or calls are refused
---@field name? string name for events and `cards.metrics`
---@field on_event? fun(event:cards.LimitEvent) called for each call that had to wait or was refused

--- What a limit tells its listener.
---@class cards.LimitEvent
---@field event "limit" what it is about
---@field name? string name of the limit
---@field waited? number seconds that the call waited
---@field refused? true whether it was refused
---@field kind? cards.ErrorKind of the error of a call that was refused
---@field retry_after? number seconds, of that error

--- A limit: `limited(call, …)` calls a function with its arguments as soon as it may, and returns what that returns; or nil and an error of kind `busy`.
---@class cards.Limit
---@overload fun(call:function,...:any):any
local Limit = {}

--- How much is going on.
---@param ... any arguments of a call, for the function `key`
---@return cards.LimitState state the state of their key
function Limit:state(...) end

--- The state of a limit.
---@class cards.LimitState
---@field running integer calls under way, 0 without `concurrency`
---@field waiting integer calls that wait for their turn, 0 without `concurrency`
---@field wait number seconds until the rate allows another call

--- Makes a circuit breaker: after so many failures it refuses calls for a while. Raises for unknown or wrong options.
---@param options? cards.BreakerOptions how many, and how long
---@return cards.Breaker breaker the breaker, which is called with functions
function cards.breaker(options) end

--- Keys of `cards.breaker`.
---@class cards.BreakerOptions: cards.Keys
---@field failures? integer failures in a window that open it (5)
---@field window? number seconds of a window, which begins with its first failure (10)
---@field open_for? number seconds that it is open (30)
---@field half_open? integer trial calls at once after that (1)
---@field counts? fun(err:any):boolean whether an error is a failure; without it `network`, `timeout`, `provider` and `tls` are
---@field name? string name for messages, events and `cards.metrics` ("breaker")
---@field shared? string name of an nginx lua_shared_dict, where workers share the state of a `name`; ignored outside nginx. Or the address of a Redis, `redis://HOST/NAME` or `rediss://HOST/NAME`, where hosts share it; `CARDS_SHARED_KEY` is required then
---@field on_loss? "local"|"refuse" while that Redis is away: each process has a state of its own (`local`, the default), or calls are refused
---@field on_event? fun(event:cards.BreakerEvent) called where this process sees another phase than before

--- What a breaker tells its listener.
---@class cards.BreakerEvent
---@field event "breaker" what it is about
---@field name string name of the breaker
---@field phase "closed"|"open"|"half_open" what it is doing
---@field was "closed"|"open"|"half_open" what it did before

--- A breaker: `breaker(call, …)` calls a function with its arguments, and returns what that returns; or nil and an error of kind `busy` while it is open.
---@class cards.Breaker
---@overload fun(call:function,...:any):any
local Breaker = {}

--- What it is doing.
---@return cards.BreakerState state the state
function Breaker:state() end

--- The state of a breaker.
---@class cards.BreakerState
---@field phase "closed"|"open"|"half_open" whether it calls, refuses, or tries
---@field failures integer failures in this window
---@field retry_after number seconds until it is no longer open, 0 where it is not

--- Makes a token source: a credential that is fetched once for all its users, kept, and fetched again before it ends. A client takes it as a credential and asks
--- it for another one after a 401. Raises for unknown or wrong options.
---@param fetch_token fun():string|cards.Secret|nil,any returns a token and its lifetime in seconds; or nil and an error
---@param options? cards.TokenSourceOptions how long
---@return cards.TokenSource source the source
function cards.token_source(fetch_token, options) end

--- Keys of `cards.token_source`.
---@class cards.TokenSourceOptions: cards.Keys
---@field ttl? number seconds that a token lives where the function returns none (300)
---@field refresh_before? number seconds before its end when the next call fetches another one (30, or a tenth of a shorter `ttl`)
---@field name? string name of the token where it is shared, and for `cards.metrics`
---@field shared? string name of an nginx lua_shared_dict, where workers share the token of a `name`, sealed; ignored outside nginx. Or the address of a Redis, `redis://HOST/NAME` or `rediss://HOST/NAME`, where hosts share it, sealed under `CARDS_SHARED_KEY`
---@field on_loss? "local"|"refuse" while that Redis is away: each process fetches a token of its own (`local`, the default), or none is fetched

--- A token source: `source()` returns the token, a secret; or nil and an error.
---@class cards.TokenSource
---@overload fun():cards.Secret?,any
local TokenSource = {}

--- Another token than one that a provider refused.
---@param refused cards.Text the token that was refused
---@return cards.Secret? token another one
---@return any err why there is none
function TokenSource:renew(refused) end

--- Whether it gives its token at once, without fetching one.
---@return boolean fresh whether it does
function TokenSource:is_fresh() end

--- What it has now.
---@return cards.TokenSourceState state the state
function TokenSource:state() end

--- The state of a token source.
---@class cards.TokenSourceState
---@field expires_in number seconds until its token expires, 0 where it has none
---@field failed boolean whether no token could be fetched the last time

-- Script files ---------------------------------------------------------------------

--- Loads a mapping, a policy or a definition from a file, which runs in a Lua state of its own that never holds a secret. Raises for unknown options.
---@param path string path of the file
---@param options? cards.LoadOptions how
---@return cards.Loaded? made the policy; the provider's module; true for mappings, which are defined now
---@return cards.Error? err kind `invalid_request`, with file and line of the first mistake
function cards.load(path, options) end

--- What a file made: of a policy that, of a definition the provider's module, of mappings true. Which one it is no editor knows.
---@class cards.Loaded: cards.DefinedModule,cards.Policy
---@overload fun(card:table):table

--- Keys of `cards.load`.
---@class cards.LoadOptions: cards.Keys
---@field trust? boolean whether a definition may declare plain what by its name is a secret, and have a base_url without TLS (false)

--- Loads such a file, and reads it again when it was edited. Nothing runs by itself: the file is looked at when what is in it is used. After a broken edit the
--- former version stays in use. Raises for unknown options.
---@param path string path of the file
---@param options? cards.WatchOptions how
---@return cards.Watcher? watcher the watcher
---@return cards.Error? err kind `invalid_request`, where the file cannot be loaded now
function cards.watch(path, options) end

--- Keys of `cards.watch`.
---@class cards.WatchOptions: cards.Keys
---@field interval? number seconds between two looks at the file (1), 0 to 86400
---@field on_error? fun(err:cards.Error) called once for a broken edit; without it standard error is written to
---@field trust? boolean as for `cards.load`

--- A watched file. One with a policy is called like it.
---@class cards.Watcher
---@field current cards.Loaded what `cards.load` returns for the version in use
---@overload fun(card:table):table

return cards
