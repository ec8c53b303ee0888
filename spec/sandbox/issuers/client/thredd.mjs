import { randomBytes } from "node:crypto";
import { escape, parse } from "../xml.mjs";

const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
const HYPERION = "http://www.globalprocessing.ae/HyperionWeb";

export default async function ({ call, config, card, is, refused }) {
  const wsid = () => BigInt(`0x${randomBytes(7).toString("hex")}`).toString();
  const iso = (moment) => new Date(moment).toISOString();
  function ask({ user = config.username, password = config.password, headers = {}, namespace = HYPERION, moment = Date.now(), change = (xml) => xml, ...more } = {}) {
    const elements = { WSID: wsid(), IssCode: config.issuer_code, TxnCode: "10", PublicToken: "987654321", LocDate: iso(moment).slice(0, 10),
      LocTime: iso(moment).slice(11, 19).replace(/:/g, ""), RegenType: "0", Sms_Required: "0", Sms_Content: "0", ...more };
    const body = Object.entries(elements).filter(([, value]) => value !== undefined).map(([name, value]) => `<h:${name}>${value}</h:${name}>`).join("");
    const xml = `<s:Envelope xmlns:s="${SOAP}" xmlns:h="${namespace}"><s:Header><h:AuthSoapHeader><h:strUserName>${escape(user)}</h:strUserName>`
      + `<h:strPassword>${escape(password)}</h:strPassword></h:AuthSoapHeader></s:Header><s:Body><h:Ws_Regenerate>${body}</h:Ws_Regenerate></s:Body></s:Envelope>`;
    return call("POST", "/service.asmx", { body: change(xml), headers: { Accept: "text/xml", "Content-Type": "text/xml; charset=utf-8",
      SOAPAction: `"${HYPERION}/Ws_Regenerate"`, ...headers } });
  }
  const answer = await ask();
  const [result] = parse(answer.text).children[0].children[0].children;
  const found = Object.fromEntries(result.children.map(({ name, text }) => [name.replace(/^\{.*\}/, ""), text]));
  is("the card", [found.PublicToken, found.ActionCode, found.CVV, found.ExpDate], ["987654321", "000", card.cvv, "02/31"]);
  refused("no card", await ask({ PublicToken: "missing" }), 200, "<ActionCode>119</ActionCode>");
  refused("another password", await ask({ password: "other" }), 500, "Authentication failed");
  refused("no namespace", await ask({ namespace: "http://other.example" }), 500, "is not expected");
  refused("no action", await ask({ headers: { SOAPAction: '""' } }), 500, "SOAPAction");
  refused("an action without quotes", await ask({ headers: { SOAPAction: `${HYPERION}/Ws_Regenerate` } }), 500, "SOAPAction");
  refused("SOAP 1.2", await ask({ headers: { "Content-Type": "application/soap+xml" } }), 415, "Content-Type");
  refused("another issuer", await ask({ IssCode: "OTHER" }), 500, "IssCode");
  refused("an old date", await ask({ moment: Date.now() - 3 * 86400_000 }), 500, "LocDate");
  refused("another type of regeneration", await ask({ RegenType: "1" }), 500, "RegenType");
  refused("an element that is missing", await ask({ Sms_Content: undefined }), 500, "Sms_Content is missing");
  refused("an element too many", await ask({ More: "1" }), 500, "More is missing or not expected");
  const used = wsid();
  await ask({ WSID: used });
  refused("a WSID for the second time", await ask({ WSID: used }), 500, "WSID");
  refused("a document type", await ask({ change: (xml) => `<!DOCTYPE a [<!ENTITY b "c">]>${xml}` }), 500, "The body is not XML");
  refused("an unknown entity", await ask({ PublicToken: "&b;" }), 500, "The body is not XML");
  refused("a cut body", await ask({ change: (xml) => xml.slice(0, -5) }), 500, "The body is not XML");
}
