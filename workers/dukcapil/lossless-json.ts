/** A string is matched whole and left alone, so that digits inside it are never taken for a number. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs;

/**
 * JSON whose numbers stay text: some gateways send NIK and KK as numbers, and JavaScript spoils those above
 * 9007199254740991, which only provinces 91 to 96 reach. `{"NIK":9171010101900001}` gives `{ NIK: '9171010101900001' }`.
 * @throws SyntaxError exactly where JSON.parse does
 */
export function parseLosslessJson(text: string): unknown {
  // First as it stands: quoting would mend some texts that are not JSON, such as {1:2}.
  JSON.parse(text);
  return JSON.parse(text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}
