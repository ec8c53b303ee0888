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
local cards = {}

--- A table of keys: one that its class does not name is a mistake, and raises with the nearest known one.
---@class cards.Keys
---@field [string] never no other key

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

--- The bytes as a Lua string: the only way out. Raises where the secret is closed.
---@return string bytes the value
function Secret:reveal() end

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
---@return cards.Secret? digits the secret
---@return cards.Error? err kind `busy`, where there is no room for it
function Secret:digits() end

--- Whether its digits have the check digit of a card number (Luhn).
---@return boolean valid whether they have
function Secret:luhn() end

--- Compares in a time that does not depend on where the two differ.
---@param other cards.Secret|string what to compare with
---@return boolean equal whether the bytes are the same
function Secret:equals(other) end

--- How much a mask shows at either end.
---@class cards.Ends: cards.Keys
---@field first? integer characters at the beginning (0), at most 8 of a card number
---@field last? integer characters at the end (0), at most 4 of a card number

--- Makes secrets.
---@class cards.SecretMaker
---@overload fun(text:string,class?:cards.SecretClass):cards.Secret?,cards.Error?
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

return cards
