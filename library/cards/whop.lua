---@meta cards.whop

--- Whop, Retrieve Card: a card with its number, CVV and billing address. `client` is what `cards.whop.new` returned.
---@class cards.whop: cards.Module
---@field provider "whop" its name
local whop = {}

--- Keys of `cards.whop.new`, and of `cards.whop.from_env`, where they count instead of variables.
---@class cards.whop.Config: cards.Config
---@field token? cards.Credential the API key, sent as `Authorization: Bearer …`; required
---@field api_version_date? string header Api-Version-Date
---@field defaults? cards.whop.RetrieveDefaults parameters of calls that do not give them

--- Makes a client. Raises where the configuration is wrong.
---@param config cards.whop.Config the configuration
---@return cards.whop.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function whop.new(config) end

--- Makes a client of environment variables: CARDS_WHOP_TOKEN or its _FILE, CARDS_WHOP_BASE_URL,
--- CARDS_WHOP_API_VERSION_DATE, CARDS_CA_FILE, CARDS_PROXY. Raises with all that is missing.
---@param options? cards.whop.Config keys of `new`, which count instead
---@return cards.whop.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function whop.from_env(options) end

--- The same as `client:retrieve(…)`.
---@param client cards.whop.Client the client
---@param parameters cards.Text|cards.whop.RetrieveParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.whop.Card? record the card
---@return cards.Error? err why there is none
function whop.retrieve(client, parameters, options) end

--- The same as `client:start(…)`.
---@param client cards.whop.Client the client
---@param operation "retrieve" name of the operation
---@param parameters cards.Text|cards.whop.RetrieveParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function whop.start(client, operation, parameters, options) end

--- A client of Whop.
---@class cards.whop.Client: cards.Client
---@field provider "whop" its name
local Client = {}

--- Retrieve Card: the card. One that is not active has no `secrets`.
---@param parameters cards.Text|cards.whop.RetrieveParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.whop.Card? record the card
---@return cards.Error? err why there is none
function Client:retrieve(parameters, options) end

--- Starts a call for an event loop. Raises in nginx, where every call lets the worker go on.
---@param operation "retrieve" name of the operation
---@param parameters cards.Text|cards.whop.RetrieveParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function Client:start(operation, parameters, options) end

--- Parameters that `defaults` gives.
---@class cards.whop.RetrieveDefaults: cards.Keys
---@field card_id? cards.Text id of the card
---@field account_id? cards.Text the account that it belongs to; not beside `user_id`
---@field user_id? cards.Text the user that it belongs to; not beside `account_id`

--- Parameters of `retrieve`.
---@class cards.whop.RetrieveParameters: cards.whop.RetrieveDefaults
---@field card_id cards.Text id of the card

--- Record of `retrieve`: the whole body.
---@class cards.whop.Card: cards.Record
---@field id? string id of the card
---@field object? string kind of the object
---@field name? string the card's label
---@field type? string type of the card
---@field status? string status of the card
---@field last4? string last four digits
---@field expiration_month? string month of expiry, two digits
---@field expiration_year? string year of expiry
---@field user_id? string the user that it belongs to
---@field spent_last_month? integer cents
---@field limit? cards.whop.Limit its limit
---@field billing? cards.whop.Billing its billing address
---@field secrets? cards.whop.Secrets what may not be shown
---@field created_at? string|number when it was made
---@field canceled_at? string|number when it was canceled

--- `limit` of the record.
---@class cards.whop.Limit
---@field amount? number dollars
---@field frequency? string how often it begins anew

--- `billing` of the record.
---@class cards.whop.Billing
---@field line1? string first line of the address
---@field line2? string second line of the address
---@field city? string city
---@field region? string region
---@field postal_code? string postal code
---@field country_code? string country

--- `secrets` of the record.
---@class cards.whop.Secrets
---@field card_number? cards.Secret card number, class `pan`
---@field cvc? cards.Secret CVV, class `cvv`
---@field name_on_card? string name of the holder

return whop
