/** Countries by ISO 3166-1 code or English name. Names come from the runtime's own tables (CLDR, by Intl). */
import type { ParseContext } from '../kit/field.ts'
import { wordKey } from './text.ts'

export interface Country {
  readonly alpha2: string
  readonly alpha3: string
  readonly name: string
}

// ISO 3166-1: alpha-2 and alpha-3 of each, run together.
const CODES = `ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH
BBBRB BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR
BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR CYCYP
CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK FMFSM FOFRO
FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS GTGTM GUGUM GWGNB
GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN ISISL ITITA JEJEY JMJAM
JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO LBLBN LCLCA LILIE LKLKA LRLBR
LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ
MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU
NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU
ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR
SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO
TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM
YTMYT ZAZAF ZMZMB ZWZWE`

// What people write and CLDR does not, by alpha-2.
const ALIASES: Readonly<Record<string, string>> = {
  uk: 'GB',
  'great britain': 'GB',
  britain: 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  'united states of america': 'US',
  america: 'US',
  holland: 'NL',
  'republic of ireland': 'IE',
  eire: 'IE',
  'czech republic': 'CZ',
  turkey: 'TR',
  'ivory coast': 'CI',
  'cape verde': 'CV',
  swaziland: 'SZ',
  macedonia: 'MK',
  burma: 'MM',
  myanmar: 'MM',
  korea: 'KR',
  'republic of korea': 'KR',
  'russian federation': 'RU',
  'viet nam': 'VN',
  uae: 'AE',
  emirates: 'AE',
  deutschland: 'DE',
  espana: 'ES',
  brasil: 'BR',
  'hong kong': 'HK',
  macau: 'MO',
  macao: 'MO',
  palestine: 'PS',
  'dr congo': 'CD',
  'democratic republic of the congo': 'CD',
  congo: 'CG',
}

const names = new Intl.DisplayNames(['en'], { type: 'region' })

const all: readonly Country[] = CODES.split(/\s+/).map((codes) => {
  const alpha2 = codes.slice(0, 2)
  return { alpha2, alpha3: codes.slice(2), name: names.of(alpha2) ?? alpha2 }
})

const byCode: ReadonlyMap<string, Country> = new Map(
  all.flatMap((country) => [[country.alpha2, country] as const, [country.alpha3, country] as const]),
)

// "Bosnia & Herzegovina", "St. Lucia", "Congo - Kinshasa": the words that differ are written one way.
const keyOf = (text: string): string =>
  wordKey(text.replaceAll('&', ' and '))
    .replace(/^the /, '')
    .replace(/\bst\b/g, 'saint')

const byName: ReadonlyMap<string, Country> = new Map([
  ...all.map((country) => [keyOf(country.name), country] as const),
  ...Object.entries(ALIASES).flatMap(([word, alpha2]) => {
    const country = byCode.get(alpha2)
    return country ? [[keyOf(word), country] as const] : []
  }),
])

/** A country by alpha-2, alpha-3 or English name in any case; undefined where none is known. */
export const findCountry = (text: string): Country | undefined => {
  const code = text.replaceAll('.', '').toUpperCase()
  return byCode.get(code) ?? byName.get(keyOf(text))
}

/** The country of the lead: what its own field `country` says, or else the flow's. */
export const leadCountry = (context: ParseContext): string => {
  const own = context.fields.country
  return own?.valid && typeof own.normal === 'string' && byCode.has(own.normal) ? own.normal : context.country
}

/** The country of the lead's address: its field `country`, else that of its field `state`, else the flow's. */
export const addressCountry = (context: ParseContext): string => {
  const own = context.fields.country?.valid === true ? undefined : context.fields.state
  const ofState = own?.valid ? own.parts.country : undefined
  return typeof ofState === 'string' ? ofState : leadCountry(context)
}
