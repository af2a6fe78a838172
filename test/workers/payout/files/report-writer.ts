/** A pain.002 about the file of a run; parts are XML as it stands in the report. */
export function report({ run = '1', group = '', payment, orders = [] }: ReportParts): string {
  const id = `PRAKERJA-RUN-${run}`;
  const about =
    payment === undefined && orders.length === 0
      ? ''
      : `<OrgnlPmtInfAndSts><OrgnlPmtInfId>${id}</OrgnlPmtInfId>${payment ?? ''}${orders.join('')}</OrgnlPmtInfAndSts>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>B-1</MsgId><CreDtTm>2020-09-15T13:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>${id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>${group}</OrgnlGrpInfAndSts>
${about}</CstmrPmtStsRpt></Document>
`;
}

interface ReportParts {
  readonly run?: string;
  readonly group?: string;
  readonly payment?: string;
  readonly orders?: readonly string[];
}

export function orderStatus(
  reference: string,
  code: string,
  extra: { reason?: string; bankReference?: string } = {},
): string {
  const reason = extra.reason === undefined ? '' : `<StsRsnInf><Rsn><Cd>${extra.reason}</Cd></Rsn></StsRsnInf>`;
  const bank = extra.bankReference === undefined ? '' : `<AcctSvcrRef>${extra.bankReference}</AcctSvcrRef>`;
  return `<TxInfAndSts><OrgnlEndToEndId>${reference}</OrgnlEndToEndId><TxSts>${code}</TxSts>${reason}${bank}</TxInfAndSts>`;
}
