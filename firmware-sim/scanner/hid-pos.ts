/** A scanner in USB HID POS mode: its report descriptor and its reports. */
import iconv from 'iconv-lite';

const reportId = 0x02;
const reportBytes = 64;
const contentBytes = 56;

/**
 * Report descriptor of a scanner of this kind: page 8C usage 02, input report 02 of 63 bytes behind its id,
 * feature report FE of one byte. For UHID and USB/IP.
 */
export const hidPosDescriptor = Uint8Array.from([
  // Usage Page (Bar Code Scanner), Usage (Bar Code Scanner), Collection (Application)
  0x05,
  0x8c,
  0x09,
  0x02,
  0xa1,
  0x01,
  // Usage (Scanned Data Report), Collection (Logical), Report ID 2
  0x09,
  0x12,
  0xa1,
  0x02,
  0x85,
  reportId,
  // bytes: Logical Minimum 0, Logical Maximum 255, Report Size 8
  0x15,
  0x00,
  0x26,
  0xff,
  0x00,
  0x75,
  0x08,
  // length: Report Count 1, Usage Page (Generic Desktop), Usage (Byte Count), Input (Data, Variable)
  0x95,
  0x01,
  0x05,
  0x01,
  0x09,
  0x3b,
  0x81,
  0x02,
  // AIM id: Report Count 3, Usage Page (Bar Code Scanner), Usages (Symbology Identifier 1…3), Input
  0x95,
  0x03,
  0x05,
  0x8c,
  0x09,
  0xfb,
  0x09,
  0xfc,
  0x09,
  0xfd,
  0x81,
  0x02,
  // content: Report Count 56, Usage (Decoded Data), Input (Data, Variable, Buffered Bytes)
  0x95,
  contentBytes,
  0x09,
  0xfe,
  0x82,
  0x02,
  0x01,
  // maker's symbology id and one reserved byte: Report Count 2, Usage Page (vendor), Usages 4 and 0, Input
  0x95,
  0x02,
  0x06,
  0x66,
  0xff,
  0x09,
  0x04,
  0x09,
  0x00,
  0x81,
  0x02,
  // more follows: Usage Page (Bar Code Scanner), Report Size 1, Report Count 1, Usage (Decode Data Continued), Input
  0x05,
  0x8c,
  0x75,
  0x01,
  0x95,
  0x01,
  0x09,
  0xff,
  0x81,
  0x02,
  // seven bits of padding: Report Count 7, Input (Constant); End Collection
  0x95,
  0x07,
  0x81,
  0x03,
  0xc0,
  // enabling: Report ID FE, Usage Page (vendor), Usage 1, Report Size 8, Report Count 1, Feature (Data, Variable)
  0x85,
  0xfe,
  0x06,
  0x66,
  0xff,
  0x09,
  0x01,
  0x75,
  0x08,
  0x95,
  0x01,
  0xb1,
  0x02,
  // End Collection
  0xc0,
]);

export type ReportOptions = {
  /** AIM code and modifier, default Q1. */
  symbology?: string;
  encoding?: 'utf8' | 'gb18030';
  /** AIM id and content stand one byte further on, as some firmwares have them. */
  shift?: boolean;
  /** Behind the content; default nothing. */
  suffix?: '' | '\r' | '\n' | '\r\n';
};

/** The input reports (id first, 64 bytes each) of one code. */
export function scannerReports(text: string, options: ReportOptions = {}): Uint8Array[] {
  const content = Buffer.concat([
    iconv.encode(text, options.encoding ?? 'utf8'),
    Buffer.from(options.suffix ?? '', 'latin1'),
  ]);
  const reports: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < content.length; at += contentBytes) {
    const part = content.subarray(at, at + contentBytes);
    const report = new Uint8Array(reportBytes);
    const aimAt = options.shift ? 3 : 2;
    report[0] = reportId;
    report[1] = part.length;
    report.set(Buffer.from(`]${options.symbology ?? 'Q1'}`, 'latin1'), aimAt);
    report.set(part, aimAt + 3);
    report[63] = at + contentBytes < content.length ? 1 : 0;
    reports.push(report);
  }
  return reports;
}
