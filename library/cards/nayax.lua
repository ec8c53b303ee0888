---@meta cards.nayax

--- Nayax, Retrieve Card Token Data: what belongs to a card's token. `client` is what `cards.nayax.new` returned.
---@class cards.nayax: cards.Module
---@field provider "nayax" its name
local nayax = {}

--- Keys of `cards.nayax.new`, and of `cards.nayax.from_env`, where they count instead of variables.
---@class cards.nayax.Config: cards.Config
---@field token? cards.Credential the token, sent as `Authorization: Bearer …`; required
---@field defaults? cards.nayax.GetTokenDefaults parameters of calls that do not give them

--- Makes a client. Raises where the configuration is wrong.
---@param config cards.nayax.Config the configuration
---@return cards.nayax.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function nayax.new(config) end

--- Makes a client of environment variables: CARDS_NAYAX_TOKEN or its _FILE, CARDS_NAYAX_BASE_URL,
--- CARDS_CA_FILE, CARDS_PROXY. Raises with all that is missing.
---@param options? cards.nayax.Config keys of `new`, which count instead
---@return cards.nayax.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function nayax.from_env(options) end

--- The same as `client:get_token(…)`.
---@param client cards.nayax.Client the client
---@param parameters cards.Text|cards.nayax.GetTokenParameters the parameters, or the token's id alone
---@param options? cards.CallOptions for this call only
---@return cards.nayax.Token? record what belongs to the token
---@return cards.Error? err why there is none
function nayax.get_token(client, parameters, options) end

--- The same as `client:start(…)`.
---@param client cards.nayax.Client the client
---@param operation "get_token" name of the operation
---@param parameters cards.Text|cards.nayax.GetTokenParameters the parameters, or the token's id alone
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function nayax.start(client, operation, parameters, options) end

--- A client of Nayax.
---@class cards.nayax.Client: cards.Client
---@field provider "nayax" its name
local Client = {}

--- Retrieve Card Token Data: what belongs to a card's token.
---@param parameters cards.Text|cards.nayax.GetTokenParameters the parameters, or the token's id alone
---@param options? cards.CallOptions for this call only
---@return cards.nayax.Token? record what belongs to the token
---@return cards.Error? err why there is none
function Client:get_token(parameters, options) end

--- Starts a call for an event loop. Raises in nginx, where every call lets the worker go on.
---@param operation "get_token" name of the operation
---@param parameters cards.Text|cards.nayax.GetTokenParameters the parameters, or the token's id alone
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function Client:start(operation, parameters, options) end

--- Parameters that `defaults` gives.
---@class cards.nayax.GetTokenDefaults: cards.Keys
---@field token_id? cards.Text id of the token; the answer has to repeat it
---@field merchant_request_id? cards.Text our name for the request; made where it is absent
---@field machine_id? cards.Text id of the machine
---@field validation_key? cards.Text key of the machine; no error shows it
---@field card_holder_id? cards.Text id of the holder

--- Parameters of `get_token`.
---@class cards.nayax.GetTokenParameters: cards.nayax.GetTokenDefaults
---@field token_id cards.Text id of the token; the answer has to repeat it

--- Record of `get_token`: the whole body.
---@class cards.nayax.Token: cards.Record
---@field status? cards.nayax.Status what became of the request
---@field tokenInfo? cards.nayax.TokenInfo the token

--- `status` of the record.
---@class cards.nayax.Status
---@field verdict? string `Approved`
---@field code? integer 0 where it was approved
---@field statusMessage? string what it means

--- `tokenInfo` of the record.
---@class cards.nayax.TokenInfo
---@field nayaxTokenId? string id of the token
---@field cardBin? string first digits of the card
---@field cardFinalDigits? string last four digits of the card
---@field expiryDate? string date of expiry
---@field brand? string brand of the card
---@field tokenStatus? integer status of the token
---@field actorId? integer id of the actor

return nayax
