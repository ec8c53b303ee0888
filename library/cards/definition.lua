---@meta _

-- The definition language: what `cards.define` takes, and what a definition file returns below `---@type cards.Definition`.
--
-- A path is `a.b`, `a[].b` (of each element), `a[0].b`, `[0].id` (of a list at the top) or `a['dotted.name']`. A template is a text with `{names}` and pipes,
-- "{body|sha256|hex}", see docs/guide/signatures.md. Where a list may stand, one entry may stand instead.

--- Makes a provider of a Lua table, `cards.define { … }`: same engine, same secrets, same errors. It replaces an earlier definition of the same name; clients keep
--- theirs. Raises for the first mistake, with its place in the table.
---@class cards.Define
---@overload fun(definition:cards.Definition):cards.DefinedModule
local Define = {}

--- All mistakes in a definition. Nothing is defined.
---@param definition cards.Definition the definition
---@return cards.Mistake[] mistakes an empty list where there is none
function Define.check(definition) end

--- Tries the examples of a definition: each answer is read, and what the operation returns is compared. Raises where the argument is no such provider.
---@param of cards.Module|string what `cards.define` returned, or the provider's name
---@return cards.Mistake[] mistakes an empty list where all examples pass
function Define.try(of) end

--- The module of a provider.
---@class cards.Module
---@field provider string its name

--- The module of a definition: `new`, a function for each operation, and what else every provider has.
---@class cards.DefinedModule: cards.Module
---@field [string] fun(client:cards.Client,parameters?:any,options?:cards.CallOptions):(cards.Record?,cards.Error?) an operation
local DefinedModule = {}

--- Makes a client. Raises where the configuration is wrong.
---@param config table keys of `cards.Config`, and the credentials and settings of the definition
---@return cards.DefinedClient client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function DefinedModule.new(config) end

--- Makes a client of environment variables: CARDS_<PROVIDER>_BASE_URL, CARDS_<PROVIDER>_<CREDENTIAL> or its _FILE, CARDS_CA_FILE, CARDS_PROXY. Raises with all that
--- is missing.
---@param options? table keys of `new`, which count instead
---@return cards.DefinedClient client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function DefinedModule.from_env(options) end

--- The same as `client:start(…)`.
---@param client cards.Client the client
---@param operation string name of the operation
---@param parameters? any its parameters, as for the operation
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function DefinedModule.start(client, operation, parameters, options) end

--- The same as `client:pages(…)`.
---@param client cards.Client the client
---@param operation string name of an operation that has `pages`
---@param parameters? table parameters of the first page
---@param options? cards.CallOptions for these calls only
---@return cards.Pages pages an iterator over the records of the pages
function DefinedModule.pages(client, operation, parameters, options) end

--- What `new` returns.
---@class cards.Client
---@field provider string name of the provider

--- A client of a definition. Each operation is a method.
---@class cards.DefinedClient: cards.Client
---@field [string] fun(self:cards.DefinedClient,parameters?:any,options?:cards.CallOptions):(cards.Record?,cards.Error?) an operation
local DefinedClient = {}

--- Starts a call for an event loop. Raises in nginx, where every call lets the worker go on.
---@param operation string name of the operation
---@param parameters? any its parameters, as for the operation
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function DefinedClient:start(operation, parameters, options) end

--- Reads a list page by page: `for page in client:pages("list") do … end`. There is one where an operation has `pages`. Raises for any other operation.
---@param operation string name of an operation that has `pages`
---@param parameters? table parameters of the first page
---@param options? cards.CallOptions for these calls only
---@return cards.Pages pages an iterator over the records of the pages
function DefinedClient:pages(operation, parameters, options) end

-- The table ------------------------------------------------------------------------

--- A provider as a Lua table.
---@class cards.Definition: cards.Keys
---@field name string name of the provider: small letters, digits and _, at most 32
---@field operations table<string,cards.Operation> the operations by name, at most 64
---@field base_url? string where it is, `https://…`: the default of `new`
---@field hosts? string|string[] hosts, with or without a port, where a URL out of an answer may lead besides those in the definition
---@field auth? cards.Auth|cards.Auth[] how calls prove who they are, at most 8 entries
---@field credentials? table<string,cards.DeclaredCredential> credentials that only templates and keys name, and more about those that `auth` names
---@field settings? table<string,cards.Setting> what `new` takes that is no secret
---@field rate? cards.Rate calls with the same credentials wait for their turn
---@field page? string URL of its documentation
---@field examples? cards.Example[] answers and what is made of them, for `cards.define.try` and `cards check`

--- An operation: a request, and how its answer is read.
---@class cards.Operation: cards.Keys
---@field method? "GET"|"POST"|"PUT"|"PATCH"|"DELETE" HTTP method ("GET")
---@field path? string path below base_url with {placeholders}, "/cards/{card_id}"; it may have a query. Required unless a step gives a `url`
---@field base_url? string where this operation is; at another host it has only the credentials of its own `auth`
---@field params? table<string,cards.Param>|cards.ListedParam[] parameters by name, or a list where their order in the body matters
---@field encoding? "json"|"form"|"raw"|"xml" how the body is written ("json"): "raw" is one parameter or a template, "xml" a template
---@field template? string the body of the encodings "raw" and "xml", with {names}; in "xml" values are escaped
---@field content_type? string header Content-Type
---@field accept? string header Accept
---@field auth? cards.Auth|cards.Auth[] instead of the definition's; `{}` for none
---@field before? cards.Step|cards.Step[] operations that are called first, at most 8
---@field encrypt? cards.Encrypt|cards.Encrypt[] what of the body is encrypted
---@field response? cards.Response how the answer is read
---@field success? cards.SuccessRule|cards.SuccessRule[] what a success has besides a status of 2xx; an answer that breaks a rule is `declined`
---@field empty? boolean whether an answer without a body is a success, whose record is empty (false)
---@field error? cards.ErrorPaths where an answer says what went wrong
---@field null? table<string,cards.MeantKind> the kind of an answer with a null at a path, which counts first
---@field code? table<string|integer,cards.MeantKind> the kind of an answer with a code, which counts next; it needs `error.code`
---@field status? table<integer,cards.MeantKind> the kind of an answer with a status, which counts next
---@field retry? cards.RetryRules what says that the same call may be sent again
---@field echo? table<string,string|cards.Echo> the parameter that the answer repeats at a path; another value is about another card, and `protocol`
---@field safe? boolean whether it only reads and may be sent twice; true for GET where it is absent
---@field rate? cards.Rate instead of the definition's
---@field pages? cards.PageRules of a list: how its pages follow each other, for `client:pages`
---@field card? cards.Mapping what the neutral record is made of
---@field page? string URL of its documentation

--- So many calls in so many seconds, `{ 600, per = 60 }`.
---@class cards.Rate: cards.Keys
---@field [1] number calls
---@field per? number seconds (1), at most 86400

--- The type of a value that is sent.
---@alias cards.ParamType "string"|"integer"|"number"|"boolean"|"list"|"object"

--- A parameter. With `value` it is always the same; with `now`, or `unique` and `fresh`, it is made for each attempt; with `session` or `public_of` it is a key.
---@class cards.Param: cards.Keys
---@field required? boolean whether the caller has to give it (false, but for what stands in the path)
---@field into? string where it goes: "path" (where the path has its name), "query" (for GET and DELETE), "header", "body" (for others), a path in the body, "body.card.id", or "none"
---@field wire? string the provider's name for it; its own name where it is absent
---@field prefix? string what stands in front of the value
---@field type? cards.ParamType its type ("string")
---@field enum? (string|number|boolean)[] the values that are allowed
---@field default? string|number|boolean|table what is sent where the caller gives none
---@field sensitive? boolean whether the program takes it from a variable only, as an account number (false)
---@field excludes? string another parameter that may not be given beside it
---@field unique? true|"uuid"|"hex"|"digits" made where the caller gives none; true is "hex"
---@field length? integer characters of `unique`, 1 to 64 (hex 32, digits 18)
---@field allow_pan? boolean whether a card number may stand in a path, query or header, where it raises otherwise (false)
---@field value? string|number|boolean|table a constant
---@field now? string the time of an attempt: "unix", "unix_ms", "iso", "iso_ms", "http", or a form such as "%Y%m%d", in UTC
---@field fresh? boolean whether `unique` is made for each attempt, and the caller cannot give it (false)
---@field session? 16|24|32|48|64 bytes of a key that is made for each attempt; templates and `decrypt` name it "session"
---@field wrap? cards.Wrap how the session key is encrypted for the provider
---@field public_of? cards.Key a private key whose public part is sent
---@field encoding? "spki"|"pem"|"jwk" form of that public key ("spki")

--- A parameter in a list.
---@class cards.ListedParam: cards.Param
---@field name string its name

--- A credential that templates and keys name, or more about one that `auth` names.
---@class cards.DeclaredCredential: cards.Keys
---@field type? "pem"|"bytes"|"function" "pem" is a key (PEM, JWK or base64 of DER), "bytes" a text that stands for bytes, "function" one that signs
---@field encoding? "base64"|"base64url"|"hex" how `bytes` are written
---@field password? string credential that is the password of a `pem`
---@field optional? boolean whether `new` may go without it (false)
---@field one_of? string name of a group, of which `new` takes exactly one
---@field from? string template of what it is made of; `new` does not take it
---@field length? integer how many of its first bytes count, of what it is made of

--- A value of `new` that is no secret.
---@class cards.Setting: cards.Keys
---@field into? string where it goes, as of a parameter ("header")
---@field wire? string the provider's name for it; its own name where it is absent
---@field default? string what is sent where `new` has none
---@field required? boolean whether `new` has to have it (false)
---@field operations? string|string[] operations that send it; all where it is absent
---@field allow_pan? boolean whether a card number may stand in it where servers write logs (false)

-- Authentication -------------------------------------------------------------------

--- An entry of `auth`. `credential` is the name by which `new` takes the value.
---@alias cards.Auth cards.BearerAuth|cards.HeaderAuth|cards.QueryAuth|cards.BasicAuth|cards.BodyAuth|cards.SignatureAuth|cards.JwtAuth|cards.Oauth1Auth|cards.TokenAuth|cards.Oauth2Auth|cards.SignerAuth

--- `Authorization: Bearer …`.
---@class cards.BearerAuth: cards.Keys
---@field type "bearer" the type
---@field credential? string name of the credential ("token")

--- A header.
---@class cards.HeaderAuth: cards.Keys
---@field type "header" the type
---@field name string name of the header
---@field credential string name of the credential
---@field prefix? string what stands in front of it

--- A pair of the query.
---@class cards.QueryAuth: cards.Keys
---@field type "query" the type
---@field name string its name there
---@field credential string name of the credential

--- `Authorization: Basic …`.
---@class cards.BasicAuth: cards.Keys
---@field type "basic" the type
---@field credential string|string[] names of the user and the password, or of the user alone

--- A value in the body.
---@class cards.BodyAuth: cards.Keys
---@field type "body" the type
---@field path string where it stands, "auth.key"
---@field credential string name of the credential
---@field prefix? string what stands in front of it

--- Algorithms of signatures. The last four are digests, which have no key; `raw` is r and s one behind the other.
---@alias cards.SignatureAlgorithm "hmac-sha1"|"hmac-sha256"|"hmac-sha384"|"hmac-sha512"|"rsa-sha256"|"rsa-sha512"|"rsa-pss-sha256"|"rsa-pss-sha512"|"ecdsa-sha256"|"ecdsa-sha384"|"ecdsa-sha256-raw"|"ecdsa-sha384-raw"|"ed25519"|"sha1"|"sha256"|"sha384"|"sha512"

--- How bytes are written as text.
---@alias cards.Encoding "base64"|"base64url"|"hex"|"none"

--- A signature, made for each attempt. It needs a `key`, a `sign` or a `credential`, unless its algorithm is a digest.
---@class cards.SignatureAuth: cards.Keys
---@field type "signature" the type
---@field name? string name of the header or pair that it is sent in
---@field into? string where it goes: "header", "query", or a path in the body ("header")
---@field prefix? string what stands in front of it
---@field algorithm? cards.SignatureAlgorithm how it is made with `key`
---@field key? cards.Key the key
---@field sign? string name by which `new` takes a function of what is signed
---@field credential? string name by which `new` takes a ready signature
---@field over string template of what is signed
---@field value? string template of what is sent, with {signature} in it; the signature alone where it is absent
---@field encoding? cards.Encoding how the signature is written ("base64")
---@field parts? table<string,cards.Param> what the templates name besides: `{ now = "unix", into = "header", wire = "X-Time" }`, or with `unique`; without `into` it is not sent

--- Algorithms of JWTs.
---@alias cards.JwtAlgorithm "RS256"|"RS512"|"PS256"|"PS512"|"ES256"|"ES384"|"HS256"|"HS384"|"HS512"|"EdDSA"

--- A JWT, made for each attempt.
---@class cards.JwtAuth: cards.Keys
---@field type "jwt" the type
---@field key cards.Key the key
---@field algorithm cards.JwtAlgorithm how it is signed
---@field claims table<string,any> its claims; texts are templates, and one that is a `{now…}` alone is a number
---@field header? table<string,any> more of its header, likewise
---@field name? string name of the header or pair ("Authorization")
---@field into? string where it goes ("header")
---@field prefix? string what stands in front of it ("Bearer " in Authorization)
---@field parts? table<string,cards.Param> what the templates name besides

--- OAuth 1.0a with RSA-SHA256 and oauth_body_hash, in the header Authorization.
---@class cards.Oauth1Auth: cards.Keys
---@field type "oauth1" the type
---@field consumer_key string name of the credential that is the consumer key
---@field key cards.Key the private RSA key

--- A token that an operation of the definition gives. It is kept, and fetched again before its end and after a 401.
---@class cards.TokenAuth: cards.Keys
---@field type "token" the type
---@field operation string name of the operation
---@field value string path of the token in its record
---@field expires? string path of when it ends: seconds from now, a unix time or an ISO time
---@field ttl? number seconds that it lives where there is no `expires`; kept until a 401 without either
---@field with? table<string,string> parameters of the operation: names of credentials and settings
---@field name? string name of the header or pair ("Authorization")
---@field into? string where it goes ("header")
---@field prefix? string what stands in front of it ("Bearer " in Authorization)

--- OAuth 2 client credentials (RFC 6749, 4.4).
---@class cards.Oauth2Auth: cards.Keys
---@field type "oauth2" the type
---@field url string where tokens are given
---@field credential string[] names of the client's id and secret
---@field scope? string scope
---@field audience? string audience
---@field client_auth? "basic"|"body" where id and secret stand ("basic")
---@field ttl? number seconds that a token lives where the answer does not say it
---@field name? string name of the header or pair ("Authorization")
---@field into? string where the token goes ("header")
---@field prefix? string what stands in front of it ("Bearer " in Authorization)

--- A header whose value a function makes before each attempt. It is not for files.
---@class cards.SignerAuth: cards.Keys
---@field type "signer" the type
---@field name string name of the header
---@field credential? string name of the credential that the function gets
---@field sign fun(request:cards.SignerRequest,hmac:(fun(encoding:"hex"|"base64",...:cards.Text):string)):cards.Text?,string? returns the value; or nil and why there is none

--- What a signer gets. A text with a secret in it is a secret.
---@class cards.SignerRequest
---@field method string HTTP method
---@field url cards.Text URL
---@field path cards.Text path with its query
---@field body cards.Text body
---@field credential? cards.Secret the credential

--- A key: the name of a credential, "session" for the session key, or what an operation gives.
---@alias cards.Key string|cards.FetchedKey

--- A key that an operation gives. It is kept for the client's life, and fetched again after a call that failed with it.
---@class cards.FetchedKey: cards.Keys
---@field from string name of the operation
---@field take string path of the key in its record
---@field with? table<string,string> parameters of the operation: names of credentials and settings

--- A step: an operation that is called before.
---@class cards.Step: cards.Keys
---@field operation string name of the operation
---@field with? table<string,string> its parameters: names of ours, of credentials and of settings
---@field take? table<string,string> our parameters: paths in its record
---@field url? string path in its record of where our request is sent

-- Encryption -----------------------------------------------------------------------

--- How something is encrypted: a JWE, or a cipher. The size of AES is that of its key where the name has none.
---@alias cards.CipherType "jwe"|"rsa-pkcs1"|"rsa-oaep"|"rsa-oaep-sha256"|"rsa-oaep-sha256-mgf1-sha1"|"aes-cbc"|"aes-gcm"|"aes-ctr"|"aes-ecb"|"aes-128-cbc"|"aes-128-gcm"|"aes-128-ctr"|"aes-128-ecb"|"aes-192-cbc"|"aes-192-gcm"|"aes-192-ctr"|"aes-192-ecb"|"aes-256-cbc"|"aes-256-gcm"|"aes-256-ctr"|"aes-256-ecb"

--- How the key of a JWE is encrypted.
---@alias cards.JweAlg "RSA-OAEP"|"RSA-OAEP-256"|"ECDH-ES"|"ECDH-ES+A128KW"|"ECDH-ES+A192KW"|"ECDH-ES+A256KW"|"A128KW"|"A192KW"|"A256KW"|"dir"

--- How the text of a JWE is encrypted.
---@alias cards.JweEnc "A128GCM"|"A192GCM"|"A256GCM"|"A128CBC-HS256"|"A192CBC-HS384"|"A256CBC-HS512"

--- A text of the answer that is encrypted.
---@class cards.Decrypt: cards.Keys
---@field type cards.CipherType how
---@field key cards.Key|cards.WrappedKey the key
---@field at? string path of the text; the whole answer where it is absent, with `json`
---@field json? boolean whether it is JSON, in which `root` and `fields` go on; else it is the value of a field (false)
---@field iv? string where the IV of AES is: "prefix", "suffix", "zero", or a path ("prefix")
---@field tag? string where the tag of GCM is: "suffix", "prefix", or a path ("suffix")
---@field encoding? cards.Encoding how text, IV and tag are written ("base64")
---@field alg? cards.JweAlg the one that is allowed
---@field enc? cards.JweEnc the one that is allowed

--- The value of a field that is encrypted.
---@class cards.FieldDecrypt: cards.Keys
---@field type cards.CipherType how
---@field key cards.Key|cards.WrappedKey the key
---@field iv? string where the IV of AES is: "prefix", "suffix", "zero", or a path ("prefix")
---@field tag? string where the tag of GCM is: "suffix", "prefix", or a path ("suffix")
---@field encoding? cards.Encoding how text, IV and tag are written ("base64")
---@field alg? cards.JweAlg the one that is allowed
---@field enc? cards.JweEnc the one that is allowed

--- A key that is itself encrypted in the answer.
---@class cards.WrappedKey: cards.FieldDecrypt
---@field at string path of the key

--- What of a body is encrypted.
---@class cards.Encrypt: cards.Keys
---@field type cards.CipherType how
---@field key cards.Key the key
---@field at string "body" for all of it, or a path in it, "body.data"
---@field iv? "prefix"|"suffix"|"zero" where the IV of AES goes ("prefix")
---@field tag? "suffix"|"prefix" where the tag of GCM goes ("suffix")
---@field encoding? cards.Encoding how the text is written ("base64")
---@field alg? cards.JweAlg of a JWE
---@field enc? cards.JweEnc of a JWE
---@field header? table<string,any> more of the header of a JWE; texts are templates

--- How a session key is encrypted for the provider.
---@class cards.Wrap: cards.Keys
---@field type cards.CipherType how
---@field key cards.Key the key
---@field over? string template of what is encrypted ("{session}")
---@field iv? "prefix"|"suffix"|"zero" where the IV of AES goes ("prefix")
---@field tag? "suffix"|"prefix" where the tag of GCM goes ("suffix")
---@field encoding? cards.Encoding how it is written ("base64")
---@field alg? cards.JweAlg of a JWE
---@field enc? cards.JweEnc of a JWE
---@field header? table<string,any> more of the header of a JWE; texts are templates

-- The answer -----------------------------------------------------------------------

--- The type of a field. The last four are secrets.
---@alias cards.FieldType "string"|"integer"|"number"|"boolean"|"timestamp"|"pan"|"cvv"|"token"|"secret"

--- A field with more to it than a type.
---@class cards.Field: cards.Keys
---@field type cards.FieldType its type
---@field digits? integer digits that it has, 1 to 19: zeros are put in front of a number
---@field decrypt? cards.FieldDecrypt how its value is encrypted

--- How the answer of a success is read.
---@class cards.Response: cards.Keys
---@field format? "json"|"xml"|"form"|"text" how it is written ("json")
---@field root? string path of the record; the whole answer where it is absent
---@field fields? table<string,cards.FieldType|cards.Field> the type of each path below root, at most 256; what is not there is a secret
---@field required? string|string[] paths where a success has a value; one without is `protocol`
---@field decrypt? cards.Decrypt|cards.Decrypt[] texts that are encrypted
---@field outer? table<string,cards.FieldType|cards.Field> fields from beside a text that is decrypted

--- A rule of a success: `{ path, equals }`, `{ path, absent = true }` or `{ status }`.
---@class cards.SuccessRule: cards.Keys
---@field path? string where
---@field equals? string|number|boolean|(string|number|boolean)[] what stands there, or one of these
---@field absent? boolean whether nothing stands there: null, "" and [] are nothing, too
---@field status? integer|integer[] status, or one of these, 200 to 299
---@field shape? boolean whether what breaks the rule is `protocol`, and not `declined` (false)

--- Where an answer says what went wrong: of several paths the first that is there, at most 8.
---@class cards.ErrorPaths: cards.Keys
---@field code? string|string[] of the provider's code
---@field message? string|string[] of the message
---@field details? string of an object whose keys name the wrong parameters

--- The kind that an answer means.
---@alias cards.MeantKind "auth"|"not_found"|"rate_limited"|"declined"|"invalid_request"|"provider"|"protocol"

--- What says that the same call may be sent again. It is, where it is safe to send twice or the provider refused with 4xx.
---@class cards.RetryRules: cards.Keys
---@field header? string header whose value is true or false, which goes before all else
---@field after? string header that says when: seconds, a unix time, a time of ISO 8601 or of HTTP
---@field status? integer|integer[] more statuses after which the same may be sent again, 400 to 599

--- A parameter that the answer repeats.
---@class cards.Echo: cards.Keys
---@field param string name of the parameter
---@field required? boolean whether it has to be there (false)

--- How the pages of a list follow each other: with `cursor`, or with `more` and `last`.
---@class cards.PageRules: cards.Keys
---@field items string path of the list
---@field into string parameter that the next page is asked for with
---@field cursor? string path of its value; absent or empty after the last page
---@field more? string path of true or false: whether there is more
---@field last? string path in the last item of its value

--- An example: an answer, and what is made of it.
---@class cards.Example: cards.Keys
---@field operation string name of the operation
---@field answer string the answer's body, at most 1 MiB
---@field status? integer HTTP status (200)
---@field card? table<string,any> fields of the neutral record, secrets as texts
---@field error? cards.ExampleError fields of the error
---@field plain? boolean whether what is encrypted stands there in plain text (false)

--- What an example's error has.
---@class cards.ExampleError: cards.Keys
---@field kind? cards.ErrorKind what kind of error it is
---@field code? string the provider's code
---@field status? integer HTTP status

-- What cards.describe returns --------------------------------------------------------

--- An operation as data. Paths are as a definition writes them.
---@class cards.Description
---@field provider string name of the provider
---@field operation string name of the operation
---@field method string HTTP method
---@field path string path below base_url
---@field base_url? string where this operation is, where that is not base_url
---@field encoding? "json"|"form"|"raw"|"xml" how the body is written
---@field template? string the body
---@field content_type? string header Content-Type
---@field accept? string header Accept
---@field safe? true where it only reads
---@field page? string its documentation
---@field params table<string,cards.DescribedParam> parameters by name
---@field auth cards.DescribedAuth[] secret values in every call
---@field settings table<string,cards.DescribedSetting> other values in every call, by their name in `new`
---@field before? cards.Step[] steps
---@field rate? cards.Rate calls that may be made
---@field success cards.SuccessRule[] what a success has
---@field empty? true where an answer without a body is a success
---@field response cards.DescribedResponse how the answer is read
---@field error cards.DescribedError paths of code and message
---@field null table<string,cards.ErrorKind> kinds by path
---@field code table<string,cards.ErrorKind> kinds by code
---@field status table<string,cards.ErrorKind> kinds by status, which is a text
---@field retry cards.DescribedRetry what says that the same call may be sent again
---@field echo table<string,string> parameters that the answer repeats, by path
---@field pages? cards.PageRules of a list

--- A parameter of a description.
---@class cards.DescribedParam
---@field into string where it goes
---@field wire? string the provider's name for it
---@field type cards.ParamType its type
---@field required? true where the caller has to give it
---@field sensitive? true where no error shows it
---@field unique? string form in which it is made where the caller gives none
---@field default? string what is sent where the caller gives none
---@field enum? string[] the values that are allowed
---@field excludes? string another parameter that may not be given beside it
---@field allow_pan? true where a card number may stand in it

--- A secret value of a description.
---@class cards.DescribedAuth
---@field credential? string its name in `new`
---@field into? string where it goes; it is not sent where that is absent
---@field wire? string the provider's name for it
---@field prefix? string what stands in front of it
---@field basic? true where it is the user of Basic
---@field password? string name of the credential that is the password
---@field signed? true where it is made for each attempt
---@field made? string what is made, where that is no signature
---@field over? string template of what is signed
---@field algorithm? string how it is signed
---@field key? string name of the key
---@field sign? string name of the function that signs
---@field value? string template of what is sent
---@field encoding? string how it is written
---@field operation? string the operation that gives it
---@field url? string where it is fetched, of one that only gives tokens

--- A setting of a description.
---@class cards.DescribedSetting
---@field into? string where it goes; it is not sent where that is absent
---@field wire? string the provider's name for it
---@field default? string what is sent where `new` has none
---@field required? true where `new` has to have it
---@field allow_pan? true where a card number may stand in it

--- `response` of a description.
---@class cards.DescribedResponse
---@field format "json"|"xml"|"form"|"text" how it is written
---@field root? string path of the record
---@field fields table<string,cards.FieldType> types by path
---@field required string[] paths where a success has a value
---@field decrypt? cards.DescribedDecrypt[] what is encrypted

--- What is encrypted, of a description.
---@class cards.DescribedDecrypt
---@field at? string path where it stands
---@field type string how
---@field alg? string of a JWE
---@field enc? string of a JWE
---@field key? string name of the key
---@field wrapped? true where the key is encrypted in the answer
---@field json? true where it has the fields

--- `error` of a description.
---@class cards.DescribedError
---@field code string[] paths
---@field message string[] paths

--- `retry` of a description.
---@class cards.DescribedRetry
---@field header? string header that says it
---@field after? string header that says when
---@field status integer[] more statuses
