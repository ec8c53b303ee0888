--- NetXD XD Ledger: get_cvv { card_id, customer_id, account_number, product, program, channel, reference? }.
-- Credentials: credential, api_key, and one of signature, private_key (PEM), sign (function of the payload). base_url has to be configured.
-- The wire is described in src/provider/builtin/netxd.c.
return require("cards.provider").module "netxd"
