--- Thredd (GPS) web services, SOAP 1.1: the CVV of a card by its public token. Ws_Regenerate with RegenType 0 only returns the CVV; the number
-- comes masked. The base URL is the issuer's. From the pages: the elements of request and answer, AuthSoapHeader, ActionCode. Assumed: the
-- path, and that the elements common to all services (WSID, IssCode, TxnCode, LocDate, LocTime) stand here, too.

local namespace = "http://www.globalprocessing.ae/HyperionWeb"
local result = "Envelope.Body.Ws_RegenerateResponse.Ws_RegenerateResult"

---@type cards.Definition
return {
  name = "thredd",
  auth = {},
  credentials = { username = {}, password = {} },
  settings = { issuer_code = { into = "none", required = true } },
  operations = {
    show = {
      page = "https://docs.thredd.com/webservices/Content/Web_services_api/Card_Regenerate_Image.htm",
      method = "POST", path = "/service.asmx", safe = true, encoding = "xml", content_type = "text/xml; charset=utf-8",
      params = {
        action = { value = '"' .. namespace .. '/Ws_Regenerate"', into = "header", wire = "SOAPAction" },
        public_token = { required = true },
        ws_id = { unique = "digits", length = 18, fresh = true },
        date = { now = "%Y-%m-%d" },
        time = { now = "%H%M%S" },
      },
      template = [[<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:hyp="http://www.globalprocessing.ae/HyperionWeb">
<soap:Header><hyp:AuthSoapHeader><hyp:strUserName>{username}</hyp:strUserName><hyp:strPassword>{password}</hyp:strPassword></hyp:AuthSoapHeader>
</soap:Header><soap:Body><hyp:Ws_Regenerate><hyp:WSID>{ws_id}</hyp:WSID><hyp:IssCode>{issuer_code}</hyp:IssCode><hyp:TxnCode>10</hyp:TxnCode>
<hyp:PublicToken>{public_token}</hyp:PublicToken><hyp:LocDate>{date}</hyp:LocDate><hyp:LocTime>{time}</hyp:LocTime><hyp:RegenType>0</hyp:RegenType>
<hyp:Sms_Required>0</hyp:Sms_Required><hyp:Sms_Content>0</hyp:Sms_Content></hyp:Ws_Regenerate></soap:Body></soap:Envelope>]],
      success = { path = result .. ".ActionCode", equals = "000" },
      response = {
        format = "xml", root = result,
        fields = { WSID = "string", PublicToken = "string", CVV = "cvv", ActionCode = "string", ExpDate = "string" },
        required = { "CVV" },
      },
      error = { code = { result .. ".ActionCode", "Envelope.Body.Fault.faultcode" }, message = "Envelope.Body.Fault.faultstring" },
      code = { ["soap:Client"] = "invalid_request" }, -- a fault is HTTP 500, whoever is to blame
      echo = { [result .. ".PublicToken"] = "public_token" },
      card = { id = "PublicToken", cvv = "CVV", exp_month = { "ExpDate", month_year }, exp_year = { "ExpDate", month_year } },
    },
  },
  examples = {
    { operation = "show", answer = [[<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Ws_RegenerateResponse
      xmlns="http://www.globalprocessing.ae/HyperionWeb"><Ws_RegenerateResult><WSID>1234</WSID><PublicToken>987654321</PublicToken>
      <ActionCode>000</ActionCode><ExpDate>03/30</ExpDate><CVV>123</CVV></Ws_RegenerateResult></Ws_RegenerateResponse></s:Body></s:Envelope>]],
      card = { cvv = "123", exp_month = 3, exp_year = 2030, id = "987654321" } },
    { operation = "show", status = 500, answer = [[<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>
      <faultcode>soap:Client</faultcode><faultstring>Not allowed</faultstring></soap:Fault></soap:Body></soap:Envelope>]],
      error = { kind = "invalid_request", code = "soap:Client" } },
  },
}
