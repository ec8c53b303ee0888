---@meta cards.testing

--- Records, errors, clients and a clock to test one's own code with, without a network: `require "cards.testing"`.
---@class cards.testing
local testing = {}

--- A record as a call returns it, read by what reads answers: `testing.record("alix.private_info", { … })`, or `testing.record(module, "private_info", { … })`. Raises
--- for an unknown provider or operation, and for a body that cannot be JSON.
---@param of string|cards.Module|cards.Client "provider.operation", or a provider's module or client
---@param operation string|table name of the operation, where the first argument does not have it; else the body
---@param body? table|string|cards.Secret the record in the provider's names, without an envelope: a table of plain values, secrets and tables; or JSON as a text
---@return cards.Record? record the record
---@return cards.Error? err kind `protocol`, where a field has a wrong type
function testing.record(of, operation, body) end

--- What a call returns for a whole answer: `testing.answer("alix.private_info", 400, { … })`, or `testing.answer(module, "private_info", 400, { … })`. What is encrypted in it
--- stands there in plain text.
---@param of string|cards.Module|cards.Client "provider.operation", or a provider's module or client
---@param operation string|integer name of the operation, where the first argument does not have it; else the status
---@param status integer|table|string HTTP status, 100 to 599; or the body
---@param body? table|string the answer with its envelope
---@return cards.Record? record the record
---@return cards.Error? err the error
function testing.answer(of, operation, status, body) end

--- An error as a call returns it. Raises for an unknown kind or key, and for a value of another type.
---@param fields cards.testing.ErrorFields what is in it
---@return cards.Error err the error
function testing.error(fields) end

--- Keys of `testing.error`. What is not given is what a call's error of that kind has.
---@class cards.testing.ErrorFields: cards.Keys
---@field kind cards.ErrorKind what kind of error it is
---@field provider? string name of the provider
---@field operation? string name of the operation
---@field status? integer HTTP status, 100 to 599
---@field code? string the provider's own code
---@field message? string what went wrong
---@field retryable? boolean whether the call may be made again
---@field retry_after? number seconds that the provider asks to wait, at most 86400
---@field attempts? integer requests that were sent
---@field request_id? string the provider's name for the request

--- A client that sends nothing. Its methods and checks are those of a real one. Raises for an unknown provider, operation or setting.
---@param of string|cards.Module the provider's name or its module
---@param answers table<string,any> by operation a function(parameters, options) that returns the record's fields, or nil and an error; or fields; or a list of answers, of which each call takes the next; or a table of answers by the value of a parameter
---@param settings? table keys of `new`; addresses and credentials are not required
---@return cards.testing.Client client the client
---@return cards.Error? err kind `busy`
function testing.client(of, answers, settings) end

--- A client of a test. An operation without an answer raises where it is called.
---@class cards.testing.Client: cards.Client
---@field calls cards.testing.Call[] what was asked, in order
---@field [string] any the operations of the provider

--- A call that a test's client got.
---@class cards.testing.Call
---@field operation string name of the operation
---@field parameters table<string,any> its parameters, with the client's defaults; secrets are copies that stay open
---@field options? table its options

--- Stops the time of the library: waits in Lua then take no real time. It counts for the whole Lua state until it is stopped, and takes the place of one in use.
---@return cards.testing.Clock clock the clock
function testing.clock() end

--- A clock that a test moves. `<close>` stops it, too.
---@class cards.testing.Clock
local Clock = {}

--- Moves it on. Raises where it was stopped.
---@param seconds number 0 to 1e9
function Clock:advance(seconds) end

--- What it shows. Raises where it was stopped.
---@return number seconds since some moment
function Clock:now() end

--- Puts the real clock back. May be called twice.
function Clock:stop() end

return testing
