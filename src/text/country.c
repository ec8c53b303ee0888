#include "text/country.h"

#include <string.h>
#include <strings.h>

#define LONGEST 64 /* bytes of a name without what stands between its letters */

/* alpha-2, alpha-3, numeric code, then names: small letters only. XK is no ISO code, but what the card networks and the EU write for Kosovo. */
static const char *const countries[] = {
  "AD AND 020 andorra principalityofandorra",
  "AE ARE 784 unitedarabemirates emirates uae",
  "AF AFG 004 afghanistan islamicrepublicofafghanistan",
  "AG ATG 028 antiguaandbarbuda antigua",
  "AI AIA 660 anguilla",
  "AL ALB 008 albania republicofalbania",
  "AM ARM 051 armenia republicofarmenia",
  "AO AGO 024 angola republicofangola",
  "AQ ATA 010 antarctica",
  "AR ARG 032 argentina argentinerepublic",
  "AS ASM 016 americansamoa",
  "AT AUT 040 austria republicofaustria osterreich",
  "AU AUS 036 australia",
  "AW ABW 533 aruba",
  "AX ALA 248 alandislands aland",
  "AZ AZE 031 azerbaijan republicofazerbaijan",
  "BA BIH 070 bosniaandherzegovina republicofbosniaandherzegovina bosnia bosniaherzegovina",
  "BB BRB 052 barbados",
  "BD BGD 050 bangladesh peoplesrepublicofbangladesh",
  "BE BEL 056 belgium kingdomofbelgium belgique belgie",
  "BF BFA 854 burkinafaso",
  "BG BGR 100 bulgaria republicofbulgaria",
  "BH BHR 048 bahrain kingdomofbahrain",
  "BI BDI 108 burundi republicofburundi",
  "BJ BEN 204 benin republicofbenin",
  "BL BLM 652 saintbarthelemy",
  "BM BMU 060 bermuda",
  "BN BRN 096 bruneidarussalam brunei",
  "BO BOL 068 boliviaplurinationalstateof bolivia plurinationalstateofbolivia",
  "BQ BES 535 bonairesinteustatiusandsaba caribbeannetherlands bonaire",
  "BR BRA 076 brazil federativerepublicofbrazil brasil",
  "BS BHS 044 bahamas commonwealthofthebahamas",
  "BT BTN 064 bhutan kingdomofbhutan",
  "BV BVT 074 bouvetisland",
  "BW BWA 072 botswana republicofbotswana",
  "BY BLR 112 belarus republicofbelarus belorussia",
  "BZ BLZ 084 belize",
  "CA CAN 124 canada",
  "CC CCK 166 cocoskeelingislands cocosislands keelingislands",
  "CD COD 180 congothedemocraticrepublicofthe drcongo drc congokinshasa democraticrepublicofthecongo congodemocraticrepublicofthe zaire",
  "CF CAF 140 centralafricanrepublic",
  "CG COG 178 congo republicofthecongo congobrazzaville republicofcongo",
  "CH CHE 756 switzerland swissconfederation schweiz suisse svizzera",
  "CI CIV 384 cotedivoire republicofcotedivoire ivorycoast",
  "CK COK 184 cookislands",
  "CL CHL 152 chile republicofchile",
  "CM CMR 120 cameroon republicofcameroon",
  "CN CHN 156 china peoplesrepublicofchina mainlandchina",
  "CO COL 170 colombia republicofcolombia",
  "CR CRI 188 costarica republicofcostarica",
  "CU CUB 192 cuba republicofcuba",
  "CV CPV 132 caboverde republicofcaboverde capeverde",
  "CW CUW 531 curacao",
  "CX CXR 162 christmasisland",
  "CY CYP 196 cyprus republicofcyprus",
  "CZ CZE 203 czechia czechrepublic",
  "DE DEU 276 germany federalrepublicofgermany deutschland",
  "DJ DJI 262 djibouti republicofdjibouti",
  "DK DNK 208 denmark kingdomofdenmark danmark",
  "DM DMA 212 dominica commonwealthofdominica",
  "DO DOM 214 dominicanrepublic",
  "DZ DZA 012 algeria peoplesdemocraticrepublicofalgeria",
  "EC ECU 218 ecuador republicofecuador",
  "EE EST 233 estonia republicofestonia",
  "EG EGY 818 egypt arabrepublicofegypt",
  "EH ESH 732 westernsahara",
  "ER ERI 232 eritrea stateoferitrea",
  "ES ESP 724 spain kingdomofspain espana",
  "ET ETH 231 ethiopia federaldemocraticrepublicofethiopia",
  "FI FIN 246 finland republicoffinland suomi",
  "FJ FJI 242 fiji republicoffiji",
  "FK FLK 238 falklandislandsmalvinas falklandislands malvinas",
  "FM FSM 583 micronesiafederatedstatesof federatedstatesofmicronesia micronesia",
  "FO FRO 234 faroeislands faeroeislands",
  "FR FRA 250 france frenchrepublic",
  "GA GAB 266 gabon gaboneserepublic",
  "GB GBR 826 unitedkingdom unitedkingdomofgreatbritainandnorthernireland uk greatbritain britain england scotland wales northernireland",
  "GD GRD 308 grenada",
  "GE GEO 268 georgia",
  "GF GUF 254 frenchguiana",
  "GG GGY 831 guernsey",
  "GH GHA 288 ghana republicofghana",
  "GI GIB 292 gibraltar",
  "GL GRL 304 greenland",
  "GM GMB 270 gambia republicofthegambia",
  "GN GIN 324 guinea republicofguinea",
  "GP GLP 312 guadeloupe",
  "GQ GNQ 226 equatorialguinea republicofequatorialguinea",
  "GR GRC 300 greece hellenicrepublic hellas",
  "GS SGS 239 southgeorgiaandthesouthsandwichislands southgeorgia",
  "GT GTM 320 guatemala republicofguatemala",
  "GU GUM 316 guam",
  "GW GNB 624 guineabissau republicofguineabissau",
  "GY GUY 328 guyana republicofguyana",
  "HK HKG 344 hongkong hongkongspecialadministrativeregionofchina hongkongsar hongkongsarchina",
  "HM HMD 334 heardislandandmcdonaldislands",
  "HN HND 340 honduras republicofhonduras",
  "HR HRV 191 croatia republicofcroatia hrvatska",
  "HT HTI 332 haiti republicofhaiti",
  "HU HUN 348 hungary magyarorszag",
  "ID IDN 360 indonesia republicofindonesia",
  "IE IRL 372 ireland republicofireland eire",
  "IL ISR 376 israel stateofisrael",
  "IM IMN 833 isleofman",
  "IN IND 356 india republicofindia",
  "IO IOT 086 britishindianoceanterritory",
  "IQ IRQ 368 iraq republicofiraq",
  "IR IRN 364 iranislamicrepublicof iran islamicrepublicofiran",
  "IS ISL 352 iceland republicoficeland",
  "IT ITA 380 italy italianrepublic italia",
  "JE JEY 832 jersey",
  "JM JAM 388 jamaica",
  "JO JOR 400 jordan hashemitekingdomofjordan",
  "JP JPN 392 japan nippon",
  "KE KEN 404 kenya republicofkenya",
  "KG KGZ 417 kyrgyzstan kyrgyzrepublic",
  "KH KHM 116 cambodia kingdomofcambodia",
  "KI KIR 296 kiribati republicofkiribati",
  "KM COM 174 comoros unionofthecomoros",
  "KN KNA 659 saintkittsandnevis saintkitts",
  "KP PRK 408 koreademocraticpeoplesrepublicof northkorea democraticpeoplesrepublicofkorea dprk koreanorth",
  "KR KOR 410 korearepublicof southkorea korea republicofkorea koreasouth",
  "KW KWT 414 kuwait stateofkuwait",
  "KY CYM 136 caymanislands",
  "KZ KAZ 398 kazakhstan republicofkazakhstan",
  "LA LAO 418 laopeoplesdemocraticrepublic laos",
  "LB LBN 422 lebanon lebaneserepublic",
  "LC LCA 662 saintlucia",
  "LI LIE 438 liechtenstein principalityofliechtenstein",
  "LK LKA 144 srilanka democraticsocialistrepublicofsrilanka",
  "LR LBR 430 liberia republicofliberia",
  "LS LSO 426 lesotho kingdomoflesotho",
  "LT LTU 440 lithuania republicoflithuania",
  "LU LUX 442 luxembourg grandduchyofluxembourg",
  "LV LVA 428 latvia republicoflatvia",
  "LY LBY 434 libya libyanarabjamahiriya",
  "MA MAR 504 morocco kingdomofmorocco",
  "MC MCO 492 monaco principalityofmonaco",
  "MD MDA 498 moldovarepublicof moldova republicofmoldova",
  "ME MNE 499 montenegro",
  "MF MAF 663 saintmartinfrenchpart saintmartin",
  "MG MDG 450 madagascar republicofmadagascar",
  "MH MHL 584 marshallislands republicofthemarshallislands",
  "MK MKD 807 northmacedonia republicofnorthmacedonia macedonia fyrom formeryugoslavrepublicofmacedonia",
  "ML MLI 466 mali republicofmali",
  "MM MMR 104 myanmar republicofmyanmar burma",
  "MN MNG 496 mongolia",
  "MO MAC 446 macao macaospecialadministrativeregionofchina macau",
  "MP MNP 580 northernmarianaislands commonwealthofthenorthernmarianaislands",
  "MQ MTQ 474 martinique",
  "MR MRT 478 mauritania islamicrepublicofmauritania",
  "MS MSR 500 montserrat",
  "MT MLT 470 malta republicofmalta",
  "MU MUS 480 mauritius republicofmauritius",
  "MV MDV 462 maldives republicofmaldives",
  "MW MWI 454 malawi republicofmalawi",
  "MX MEX 484 mexico unitedmexicanstates",
  "MY MYS 458 malaysia",
  "MZ MOZ 508 mozambique republicofmozambique",
  "NA NAM 516 namibia republicofnamibia",
  "NC NCL 540 newcaledonia",
  "NE NER 562 niger republicoftheniger",
  "NF NFK 574 norfolkisland",
  "NG NGA 566 nigeria federalrepublicofnigeria",
  "NI NIC 558 nicaragua republicofnicaragua",
  "NL NLD 528 netherlands kingdomofthenetherlands holland nederland",
  "NO NOR 578 norway kingdomofnorway norge",
  "NP NPL 524 nepal federaldemocraticrepublicofnepal",
  "NR NRU 520 nauru republicofnauru",
  "NU NIU 570 niue",
  "NZ NZL 554 newzealand",
  "OM OMN 512 oman sultanateofoman",
  "PA PAN 591 panama republicofpanama",
  "PE PER 604 peru republicofperu",
  "PF PYF 258 frenchpolynesia",
  "PG PNG 598 papuanewguinea independentstateofpapuanewguinea",
  "PH PHL 608 philippines republicofthephilippines",
  "PK PAK 586 pakistan islamicrepublicofpakistan",
  "PL POL 616 poland republicofpoland polska",
  "PM SPM 666 saintpierreandmiquelon",
  "PN PCN 612 pitcairn pitcairnislands",
  "PR PRI 630 puertorico",
  "PS PSE 275 palestinestateof stateofpalestine palestine palestinianterritories palestinianterritoryoccupied",
  "PT PRT 620 portugal portugueserepublic",
  "PW PLW 585 palau republicofpalau",
  "PY PRY 600 paraguay republicofparaguay",
  "QA QAT 634 qatar stateofqatar",
  "RE REU 638 reunion",
  "RO ROU 642 romania",
  "RS SRB 688 serbia republicofserbia",
  "RU RUS 643 russianfederation russia",
  "RW RWA 646 rwanda rwandeserepublic",
  "SA SAU 682 saudiarabia kingdomofsaudiarabia",
  "SB SLB 090 solomonislands",
  "SC SYC 690 seychelles republicofseychelles",
  "SD SDN 729 sudan republicofthesudan",
  "SE SWE 752 sweden kingdomofsweden sverige",
  "SG SGP 702 singapore republicofsingapore",
  "SH SHN 654 sainthelenaascensionandtristandacunha sainthelena",
  "SI SVN 705 slovenia republicofslovenia",
  "SJ SJM 744 svalbardandjanmayen svalbard",
  "SK SVK 703 slovakia slovakrepublic",
  "SL SLE 694 sierraleone republicofsierraleone",
  "SM SMR 674 sanmarino republicofsanmarino",
  "SN SEN 686 senegal republicofsenegal",
  "SO SOM 706 somalia federalrepublicofsomalia",
  "SR SUR 740 suriname republicofsuriname",
  "SS SSD 728 southsudan republicofsouthsudan",
  "ST STP 678 saotomeandprincipe democraticrepublicofsaotomeandprincipe saotome",
  "SV SLV 222 elsalvador republicofelsalvador",
  "SX SXM 534 sintmaartendutchpart sintmaarten",
  "SY SYR 760 syrianarabrepublic syria",
  "SZ SWZ 748 eswatini kingdomofeswatini swaziland",
  "TC TCA 796 turksandcaicosislands",
  "TD TCD 148 chad republicofchad",
  "TF ATF 260 frenchsouthernterritories",
  "TG TGO 768 togo togoleserepublic",
  "TH THA 764 thailand kingdomofthailand",
  "TJ TJK 762 tajikistan republicoftajikistan",
  "TK TKL 772 tokelau",
  "TL TLS 626 timorleste democraticrepublicoftimorleste easttimor",
  "TM TKM 795 turkmenistan",
  "TN TUN 788 tunisia republicoftunisia",
  "TO TON 776 tonga kingdomoftonga",
  "TR TUR 792 turkiye republicofturkiye turkey",
  "TT TTO 780 trinidadandtobago republicoftrinidadandtobago trinidad",
  "TV TUV 798 tuvalu",
  "TW TWN 158 taiwanprovinceofchina taiwan republicofchina chinesetaipei provinceofchinataiwan",
  "TZ TZA 834 tanzaniaunitedrepublicof tanzania unitedrepublicoftanzania",
  "UA UKR 804 ukraine",
  "UG UGA 800 uganda republicofuganda",
  "UM UMI 581 unitedstatesminoroutlyingislands",
  "US USA 840 unitedstates unitedstatesofamerica america unitedstatesofamericausa",
  "UY URY 858 uruguay easternrepublicofuruguay",
  "UZ UZB 860 uzbekistan republicofuzbekistan",
  "VA VAT 336 holyseevaticancitystate holysee vatican vaticancity vaticancitystate",
  "VC VCT 670 saintvincentandthegrenadines saintvincent",
  "VE VEN 862 venezuelabolivarianrepublicof venezuela bolivarianrepublicofvenezuela",
  "VG VGB 092 virginislandsbritish britishvirginislands",
  "VI VIR 850 virginislandsus virginislandsoftheunitedstates usvirginislands unitedstatesvirginislands",
  "VN VNM 704 vietnam socialistrepublicofvietnam",
  "VU VUT 548 vanuatu republicofvanuatu",
  "WF WLF 876 wallisandfutuna",
  "WS WSM 882 samoa independentstateofsamoa",
  "XK XKX --- kosovo republicofkosovo",
  "YE YEM 887 yemen republicofyemen",
  "YT MYT 175 mayotte",
  "ZA ZAF 710 southafrica republicofsouthafrica",
  "ZM ZMB 894 zambia republicofzambia",
  "ZW ZWE 716 zimbabwe republicofzimbabwe",
};

/* The letters of U+00C0 to U+00FF without their accents. */
static const char plain_letters[] = "aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuyty";

struct name {
  char letters[LONGEST];
  size_t len;
};

static bool add(struct name *name, char c) {
  if (name->len == sizeof name->letters) return false;
  name->letters[name->len++] = c;
  return true;
}

static bool add_string(struct name *name, const char *string) {
  for (; *string; string++)
    if (!add(name, *string)) return false;
  return true;
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether that word stands at the front and ends there. */
static bool starts_with_word(const char *bytes, size_t len, const char *word) {
  size_t count = strlen(word);
  return len > count && strncasecmp(bytes, word, count) == 0 && !is_letter(bytes[count]) && (unsigned char)bytes[count] < 0x80;
}

/* Letters and digits only, small ones; "&" is "and", "St." is "saint", and "the" at the front is nothing. */
static bool fold(struct name *name, const char *bytes, size_t len) {
  bool inside = false; /* of a word */
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)bytes[i];
    bool starts = !inside;
    inside = is_letter((char)c) || c >= 0x80;
    if (starts && name->len == 0 && starts_with_word(bytes + i, len - i, "the")) {
      i += 2;
    } else if (starts && starts_with_word(bytes + i, len - i, "st")) {
      if (!add_string(name, "saint")) return false;
      i++;
    } else if (c == '&') {
      if (!add_string(name, "and")) return false;
    } else if (c >= 0x80) {
      /* UTF-8 of the letters of Western Europe, and the apostrophe that word processors make */
      if (c == 0xC3 && i + 1 < len && ((unsigned char)bytes[i + 1] & 0xC0) == 0x80) {
        if (!add(name, plain_letters[(unsigned char)bytes[++i] & 0x3F])) return false;
      } else if (c == 0xE2 && i + 2 < len && (unsigned char)bytes[i + 1] == 0x80) {
        i += 2;
      } else {
        return false;
      }
    } else if (is_letter((char)c) || (c >= '0' && c <= '9')) {
      if (!add(name, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c))) return false;
    } else if (c < 0x20) {
      return false;
    }
  }
  return name->len > 0;
}

/* "4" and "04" are "004". */
static void pad_number(struct name *name) {
  size_t zeros = name->len < 3 ? 3 - name->len : 0;
  memmove(name->letters + zeros, name->letters, name->len);
  memset(name->letters, '0', zeros);
  name->len += zeros;
}

static bool is_number(const struct name *name) {
  for (size_t i = 0; i < name->len; i++)
    if (name->letters[i] < '0' || name->letters[i] > '9') return false;
  return name->len <= 3;
}

static bool has_name(const char *names, const struct name *name) {
  while (*names) {
    const char *end = strchr(names, ' ');
    size_t len = end ? (size_t)(end - names) : strlen(names);
    if (len == name->len && memcmp(names, name->letters, len) == 0) return true;
    names += end ? len + 1 : len;
  }
  return false;
}

static bool is_country(const char *country, const struct name *name, bool number) {
  if (number) return memcmp(country + 7, name->letters, 3) == 0;
  if (name->len == 2 && strncasecmp(country, name->letters, 2) == 0) return true;
  if (name->len == 3 && strncasecmp(country + 3, name->letters, 3) == 0) return true;
  return has_name(country + 11, name);
}

static bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

/* Two capitals, as most write it: the table is in their order. */
static bool is_code(const char *two) {
  size_t from = 0, to = sizeof countries / sizeof *countries;
  while (from < to) {
    size_t middle = from + (to - from) / 2;
    int order = countries[middle][0] != two[0] ? countries[middle][0] - two[0] : countries[middle][1] - two[1];
    if (order == 0) return true;
    if (order < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return false;
}

bool country_code(const char *bytes, size_t len, char code[2]) {
  if (len == 2 && is_capital(bytes[0]) && is_capital(bytes[1]) && is_code(bytes)) {
    memcpy(code, bytes, 2);
    return true;
  }
  struct name name = { .len = 0 };
  bool found = false;
  if (fold(&name, bytes, len)) {
    bool number = is_number(&name);
    if (number) pad_number(&name);
    for (size_t i = 0; !found && i < sizeof countries / sizeof *countries; i++) {
      found = is_country(countries[i], &name, number);
      if (found) memcpy(code, countries[i], 2);
    }
  }
  explicit_bzero(&name, sizeof name);
  return found;
}
