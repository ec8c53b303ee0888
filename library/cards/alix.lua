---@meta cards.alix

--- Alix, Get card's private info: a card's number, CVV and expiry date. `client` is what `cards.alix.new` returned.
---@class cards.alix: cards.Module
---@field provider "alix" its name
local alix = {}

--- Keys of `cards.alix.new`, and of `cards.alix.from_env`, where they count instead of variables.
---@class cards.alix.Config: cards.Config
---@field base_url? string where the provider is, `https://…`; required, as it has no address of its own
---@field access_token? cards.Credential the access token, sent in the header `access-token`; required
---@field defaults? cards.alix.PrivateInfoDefaults parameters of calls that do not give them

--- Makes a client. Raises where the configuration is wrong.
---@param config cards.alix.Config the configuration
---@return cards.alix.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function alix.new(config) end

--- Makes a client of environment variables: CARDS_ALIX_BASE_URL, CARDS_ALIX_ACCESS_TOKEN or its
--- _FILE, CARDS_CA_FILE, CARDS_PROXY. Raises with all that is missing.
---@param options? cards.alix.Config keys of `new`, which count instead
---@return cards.alix.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function alix.from_env(options) end

--- The same as `client:private_info(…)`.
---@param client cards.alix.Client the client
---@param parameters cards.Text|cards.alix.PrivateInfoParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.alix.PrivateInfo? record the card's details
---@return cards.Error? err why there is none
function alix.private_info(client, parameters, options) end

--- The same as `client:start(…)`.
---@param client cards.alix.Client the client
---@param operation "private_info" name of the operation
---@param parameters cards.Text|cards.alix.PrivateInfoParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function alix.start(client, operation, parameters, options) end

--- A client of Alix.
---@class cards.alix.Client: cards.Client
---@field provider "alix" its name
local Client = {}

--- Get card's private info: its number, CVV and expiry date.
---@param parameters cards.Text|cards.alix.PrivateInfoParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.alix.PrivateInfo? record the card's details
---@return cards.Error? err why there is none
function Client:private_info(parameters, options) end

--- Starts a call for an event loop. Raises in nginx, where every call lets the worker go on.
---@param operation "private_info" name of the operation
---@param parameters cards.Text|cards.alix.PrivateInfoParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function Client:start(operation, parameters, options) end

--- Parameters that `defaults` gives.
---@class cards.alix.PrivateInfoDefaults: cards.Keys
---@field card_id? cards.Text id of the card

--- Parameters of `private_info`.
---@class cards.alix.PrivateInfoParameters: cards.alix.PrivateInfoDefaults
---@field card_id cards.Text id of the card

--- Record of `private_info`: Alix' `data`.
---@class cards.alix.PrivateInfo: cards.Record
---@field cardNo? cards.Secret card number, class `pan`
---@field cvv? cards.Secret CVV, class `cvv`
---@field expMonth? string month of expiry, two digits
---@field expYear? string year of expiry, two digits

return alix
