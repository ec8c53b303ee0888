---@meta cards.netxd

--- NetXD XD Ledger, Get CVV of a Card: a card's CVV. `client` is what `cards.netxd.new` returned.
---@class cards.netxd: cards.Module
---@field provider "netxd" its name
local netxd = {}

--- Keys of `cards.netxd.new`, and of `cards.netxd.from_env`, where they count instead of variables.
---@class cards.netxd.Config: cards.Config
---@field base_url? string where the provider is, `https://…`; required, as it has no address of its own
---@field credential? cards.Credential the credential, `params.api.credential`; required
---@field api_key? cards.Credential the key, `params.api.apiKey`; required
---@field signature? cards.Credential a ready signature; one of `signature`, `private_key` and `sign` is required
---@field private_key? cards.Credential the private EC key that signs the payload (ECDSA with SHA-256): PEM, JWK or base64 of DER
---@field sign? fun(payload:cards.Text):cards.Text|nil,any signs the payload itself: base64 of DER; a payload with a secret in it is a secret
---@field defaults? cards.netxd.GetCvvDefaults parameters of calls that do not give them

--- Makes a client. Raises where the configuration is wrong.
---@param config cards.netxd.Config the configuration
---@return cards.netxd.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function netxd.new(config) end

--- Makes a client of environment variables: CARDS_NETXD_BASE_URL, CARDS_NETXD_CREDENTIAL,
--- CARDS_NETXD_API_KEY, one of CARDS_NETXD_SIGNATURE and CARDS_NETXD_PRIVATE_KEY, each or its _FILE, CARDS_CA_FILE, CARDS_PROXY. Raises with all that is missing.
---@param options? cards.netxd.Config keys of `new`, which count instead
---@return cards.netxd.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function netxd.from_env(options) end

--- The same as `client:get_cvv(…)`.
---@param client cards.netxd.Client the client
---@param parameters cards.Text|cards.netxd.GetCvvParameters the parameters, or where `defaults` give the others the one that is left
---@param options? cards.CallOptions for this call only
---@return cards.netxd.Cvv? record the card's CVV
---@return cards.Error? err why there is none
function netxd.get_cvv(client, parameters, options) end

--- The same as `client:start(…)`.
---@param client cards.netxd.Client the client
---@param operation "get_cvv" name of the operation
---@param parameters cards.Text|cards.netxd.GetCvvParameters the parameters, or where `defaults` give the others the one that is left
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function netxd.start(client, operation, parameters, options) end

--- A client of NetXD XD Ledger.
---@class cards.netxd.Client: cards.Client
---@field provider "netxd" its name
local Client = {}

--- Get CVV of a Card: the CVV, and what the card may be used for.
---@param parameters cards.Text|cards.netxd.GetCvvParameters the parameters, or where `defaults` give the others the one that is left
---@param options? cards.CallOptions for this call only
---@return cards.netxd.Cvv? record the card's CVV
---@return cards.Error? err why there is none
function Client:get_cvv(parameters, options) end

--- Starts a call for an event loop. Raises in nginx, where every call lets the worker go on.
---@param operation "get_cvv" name of the operation
---@param parameters cards.Text|cards.netxd.GetCvvParameters the parameters, or where `defaults` give the others the one that is left
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function Client:start(operation, parameters, options) end

--- Parameters that `defaults` gives.
---@class cards.netxd.GetCvvDefaults: cards.Keys
---@field card_id? cards.Text id of the card
---@field customer_id? cards.Text id of its holder
---@field account_number? cards.Text number of its account; no error shows it
---@field product? cards.Text product of the program
---@field program? cards.Text program
---@field channel? "PULSE"|"VISA_DPS"|cards.Secret network
---@field reference? cards.Text our name for the request; the answer has to repeat it

--- Parameters of `get_cvv`: all but `reference` are required, unless `defaults` have them.
---@class cards.netxd.GetCvvParameters: cards.netxd.GetCvvDefaults

--- Record of `get_cvv`: NetXD's `result`.
---@class cards.netxd.Cvv: cards.Record
---@field card? cards.netxd.Card the card
---@field api? cards.netxd.Api about the answer

--- `card` of the record.
---@class cards.netxd.Card
---@field cardId? string id of the card
---@field cvv? cards.Secret CVV, class `cvv`
---@field postedDate? string|number when it was posted
---@field updatedDate? string|number when it was changed
---@field allowAtm? boolean whether it may be used at cash machines
---@field allowEcommerce? boolean whether it may be used on the web
---@field allowMoto? boolean whether it may be used by mail and telephone
---@field allowPos? boolean whether it may be used at terminals
---@field allowTips? boolean whether tips are allowed
---@field allowPurchase? boolean whether purchases are allowed
---@field allowRefund? boolean whether refunds are allowed
---@field allowCashback? boolean whether cashback is allowed
---@field allowWithdraw? boolean whether withdrawals are allowed
---@field allowAuthAndCompletion? boolean whether authorizations with completion are allowed
---@field smart? boolean whether it has a chip
---@field checkAvsZip? boolean whether the postal code is checked
---@field checkAvsAddr? boolean whether the address is checked
---@field transactionMade? boolean whether it was used already
---@field isReIssue? boolean whether it was issued again
---@field isReplace? boolean whether it replaces another one

--- `api` of the record.
---@class cards.netxd.Api
---@field type? string type of the answer
---@field reference? string the provider's name for the answer
---@field dateCreated? string|number when it was made, a unix time
---@field originalReference? string the `reference` of the request

return netxd
