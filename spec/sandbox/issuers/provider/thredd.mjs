// docs.thredd.com/webservices/Content/Web_services_api/Card_Regenerate_Image.htm: SOAP 1.1
import { near, once, same } from "../request.mjs";
import { escape, parse } from "../xml.mjs";

const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
const HYPERION = "http://www.globalprocessing.ae/HyperionWeb";
const ELEMENTS = ["WSID", "IssCode", "TxnCode", "PublicToken", "LocDate", "LocTime", "RegenType", "Sms_Required", "Sms_Content"];
const TYPE = "text/xml; charset=utf-8";

export default function thredd({ config, card }) {
  const fresh = once();
  const envelope = (body) => `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${SOAP}"><soap:Body>${body}</soap:Body></soap:Envelope>`;
  const refuse = (status, code = "soap:Client", message) => ({ status: [404, 405, 415].includes(status) ? status : 500, type: TYPE,
    body: envelope(`<soap:Fault><faultcode>${code}</faultcode><faultstring>${escape(message)}</faultstring></soap:Fault>`) });

  /** The children of an element, by their names without the namespace, which must be the given one; each once. */
  function children(request, node, namespace) {
    const found = {};
    for (const child of node?.children ?? request.refuse(400, undefined, "An element is missing")) {
      const name = child.name.replace(`{${namespace}}`, "");
      if (name.startsWith("{") || name === child.name || name in found) request.refuse(400, undefined, `${child.name} is not expected`);
      found[name] = child;
    }
    return found;
  }

  function read(request) {
    try {
      return parse(request.typed("text/xml;charset=utf-8"));
    } catch (error) {
      return error instanceof SyntaxError ? request.refuse(400, undefined, "The body is not XML", error.message) : Promise.reject(error);
    }
  }

  async function regenerate(request) {
    request.only();
    const root = await read(request);
    if (root.name !== `{${SOAP}}Envelope`) request.refuse(400, "soap:VersionMismatch", "No envelope of SOAP 1.1");
    if (request.header("soapaction") !== `"${HYPERION}/Ws_Regenerate"`) request.refuse(400, undefined, "SOAPAction is missing or another one");
    const { Header, Body } = children(request, root, SOAP);
    const { AuthSoapHeader } = children(request, Header, HYPERION);
    const { strUserName, strPassword } = children(request, AuthSoapHeader, HYPERION);
    if (!same(strUserName?.text, config.username) || !same(strPassword?.text, config.password)) request.refuse(401, undefined, "Authentication failed");
    const { Ws_Regenerate } = children(request, Body, HYPERION);
    const given = children(request, Ws_Regenerate, HYPERION);
    const missing = ELEMENTS.find((name) => !(name in given)) ?? Object.keys(given).find((name) => !ELEMENTS.includes(name));
    if (missing) request.refuse(400, undefined, `${missing} is missing or not expected`);
    const text = Object.fromEntries(ELEMENTS.map((name) => [name, given[name].text]));
    return answer(request, text);
  }

  function answer(request, text) {
    const moment = Date.parse(`${text.LocDate}T${text.LocTime.replace(/^(\d\d)(\d\d)(\d\d)$/, "$1:$2:$3")}Z`);
    const wrong = !/^\d{1,19}$/.test(text.WSID) || !fresh(text.WSID) ? "WSID" : text.IssCode !== config.issuer_code ? "IssCode"
      : !near(moment, 86400) ? "LocDate or LocTime" : text.RegenType !== "0" ? "RegenType" : undefined;
    if (wrong) request.refuse(400, undefined, `${wrong} is malformed, wrong or was used`);
    const expiry = `${String(card.month).padStart(2, "0")}/${card.year % 100}`;
    const content = text.PublicToken === "missing" ? "<ActionCode>119</ActionCode>"
      : `<ActionCode>000</ActionCode><ExpDate>${expiry}</ExpDate><CVV>${card.cvv}</CVV><MaskedPAN>987654******0123</MaskedPAN>`;
    const result = `<WSID>${text.WSID}</WSID><PublicToken>${escape(text.PublicToken)}</PublicToken>${content}`;
    return { type: TYPE,
      body: envelope(`<Ws_RegenerateResponse xmlns="${HYPERION}"><Ws_RegenerateResult>${result}</Ws_RegenerateResult></Ws_RegenerateResponse>`) };
  }

  return { refuse, routes: [["POST", "/service.asmx", regenerate, "text/xml"]] };
}
