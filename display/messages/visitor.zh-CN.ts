/** Chinese texts of what all machines for visitors share. */
export default {
  hours: '今日 {hours}',
  elder: '大字版',
  normal: '标准字',
  help: '需要帮助',
  returnIn: '{n} 秒后返回首页',
  more: '再看一会儿',
  lay: '请把身份证放在读卡处',
  layAdvice: '平放，不要移动，读好后自动进入下一步',
  unreadable: '没有读出证件。请平放再试一次，或输入证件号码',
  type: '输入证件号码',
  delete: '删除',
  typedCount: '已输入 {n} 位',
  idNumber: {
    label: '身份证号码',
    hint: '请输入 18 位号码，最后一位可能是 X。屏幕上不会显示完整号码',
    short: '号码还不到 18 位，请接着输入',
    check: '号码不对，请对照身份证再看一遍',
    away: '暂时不能核对号码，请稍等再试，或到咨询台',
  },
};
