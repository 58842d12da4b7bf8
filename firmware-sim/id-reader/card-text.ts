/** The 256 bytes of text on a card (id-card-reader §2.1), written field by field; UTF-16LE, padded with spaces. */

type Validity = { /** YYYYMMDD */ from: string; /** YYYYMMDD or 长期 */ until: string };
export type Citizen = Validity & {
  type: 'citizen';
  name: string;
  sex: '1' | '2';
  /** 01…56 */
  nation: string;
  /** YYYYMMDD */
  birth: string;
  address: string;
  number: string;
  authority: string;
  /** printed on the card by a later change of address; at most 35 characters */
  newAddress?: string;
};
/** 港澳台居民居住证 */
export type HongKongMacauTaiwan = Validity & {
  type: 'hong-kong-macau-taiwan';
  name: string;
  sex: '1' | '2';
  birth: string;
  address: string;
  number: string;
  authority: string;
  passNumber: string;
  timesIssued: string;
};
/** 外国人永久居留身份证, 2017 */
export type Foreigner2017 = Validity & {
  type: 'foreigner-2017';
  englishName: string;
  sex: '1' | '2';
  /** 15 characters */
  number: string;
  nationality: string;
  chineseName: string;
  birth: string;
  version: string;
  authority: string;
};
/** 外国人永久居留身份证, 2023 */
export type Foreigner2023 = Validity & {
  type: 'foreigner-2023';
  chineseName: string;
  sex: '1' | '2';
  timesRenewed: string;
  birth: string;
  /** up to 46 characters: 35, and 11 in the continuation */
  englishName: string;
  number: string;
  nationality: string;
  related: string;
};
export type Person = Citizen | HongKongMacauTaiwan | Foreigner2017 | Foreigner2023;

const size = 256;

/** Throws a RangeError when a field does not fit: a card that cannot exist must not be laid down. */
export function cardText(person: Person): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 2) bytes[at] = 0x20;
  const put = (offset: number, length: number, text: string) => {
    if (text.length * 2 > length) throw new RangeError(`"${text}" does not fit ${length} bytes at ${offset}`);
    for (let unit = 0; unit < text.length; unit++) {
      const code = text.charCodeAt(unit);
      bytes[offset + 2 * unit] = code & 0xff;
      bytes[offset + 2 * unit + 1] = code >> 8;
    }
  };
  put(188, 16, person.from);
  put(204, 16, person.until);
  switch (person.type) {
    case 'citizen':
      put(0, 30, person.name);
      put(30, 2, person.sex);
      put(32, 4, person.nation);
      put(36, 16, person.birth);
      put(52, 70, person.address);
      put(122, 36, person.number);
      put(158, 30, person.authority);
      break;
    case 'hong-kong-macau-taiwan':
      put(0, 30, person.name);
      put(30, 2, person.sex);
      put(36, 16, person.birth);
      put(52, 70, person.address);
      put(122, 36, person.number);
      put(158, 30, person.authority);
      put(220, 18, person.passNumber);
      put(238, 4, person.timesIssued);
      put(248, 2, 'J');
      break;
    case 'foreigner-2017':
      put(0, 120, person.englishName);
      put(120, 2, person.sex);
      put(122, 30, person.number);
      put(152, 6, person.nationality);
      put(158, 30, person.chineseName);
      put(220, 16, person.birth);
      put(236, 4, person.version);
      put(240, 8, person.authority);
      put(248, 2, 'I');
      break;
    case 'foreigner-2023':
      put(0, 30, person.chineseName);
      put(30, 2, person.sex);
      put(32, 4, person.timesRenewed);
      put(36, 16, person.birth);
      put(52, 70, person.englishName.slice(0, 35));
      put(122, 36, person.number);
      put(220, 22, person.englishName.slice(35));
      put(242, 6, person.nationality);
      put(248, 2, 'Y');
      put(250, 6, person.related);
      break;
  }
  return bytes;
}

/** The 70 bytes of a new address, padded with spaces. */
export function newAddressText(address: string): Uint8Array {
  if (address.length > 35) throw new RangeError(`"${address}" is longer than 35 characters`);
  return Uint8Array.from(Buffer.from(address.padEnd(35), 'utf16le'));
}
