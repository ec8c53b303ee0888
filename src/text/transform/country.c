#include "text/transform/country.h"

#include <stdlib.h>
#include <string.h>

#include "text/chars.h"

#define ROW       64 /* bytes */
#define THREE     3  /* where in a row the alpha-3 code stands */
#define NUMBER    7
#define NAME      11
#define MAX_NAME  (ROW - NAME - 1) /* bytes of a folded name */
#define COUNTRIES (sizeof countries / sizeof *countries)

/* ISO 3166-1, sorted by alpha-2 code: alpha-2, alpha-3 and numeric code, and the English short name as `fold` makes
 * it. From iso_3166-1.json of iso-codes 4.15. gb, us and va stand twice, as ISO's own list has other names than
 * iso-codes. xk is not ISO's: card networks and the EU use it for Kosovo. */
/* clang-format off */
static const char countries[][ROW] = {
  "ad and 020 andorra", "ae are 784 unitedarabemirates", "af afg 004 afghanistan", "ag atg 028 antiguaandbarbuda", "ai aia 660 anguilla",
  "al alb 008 albania", "am arm 051 armenia", "ao ago 024 angola", "aq ata 010 antarctica", "ar arg 032 argentina", "as asm 016 americansamoa",
  "at aut 040 austria", "au aus 036 australia", "aw abw 533 aruba", "ax ala 248 Ålandislands", "az aze 031 azerbaijan",
  "ba bih 070 bosniaandherzegovina", "bb brb 052 barbados", "bd bgd 050 bangladesh", "be bel 056 belgium", "bf bfa 854 burkinafaso",
  "bg bgr 100 bulgaria", "bh bhr 048 bahrain", "bi bdi 108 burundi", "bj ben 204 benin", "bl blm 652 saintbarthélemy", "bm bmu 060 bermuda",
  "bn brn 096 bruneidarussalam", "bo bol 068 boliviaplurinationalstateof", "bq bes 535 bonairesinteustatiusandsaba", "br bra 076 brazil",
  "bs bhs 044 bahamas", "bt btn 064 bhutan", "bv bvt 074 bouvetisland", "bw bwa 072 botswana", "by blr 112 belarus", "bz blz 084 belize",
  "ca can 124 canada", "cc cck 166 cocoskeelingislands", "cd cod 180 congodemocraticrepublicof", "cf caf 140 centralafricanrepublic",
  "cg cog 178 congo", "ch che 756 switzerland", "ci civ 384 côtedivoire", "ck cok 184 cookislands", "cl chl 152 chile", "cm cmr 120 cameroon",
  "cn chn 156 china", "co col 170 colombia", "cr cri 188 costarica", "cu cub 192 cuba", "cv cpv 132 caboverde", "cw cuw 531 curaçao",
  "cx cxr 162 christmasisland", "cy cyp 196 cyprus", "cz cze 203 czechia", "de deu 276 germany", "dj dji 262 djibouti", "dk dnk 208 denmark",
  "dm dma 212 dominica", "do dom 214 dominicanrepublic", "dz dza 012 algeria", "ec ecu 218 ecuador", "ee est 233 estonia", "eg egy 818 egypt",
  "eh esh 732 westernsahara", "er eri 232 eritrea", "es esp 724 spain", "et eth 231 ethiopia", "fi fin 246 finland", "fj fji 242 fiji",
  "fk flk 238 falklandislandsmalvinas", "fm fsm 583 micronesiafederatedstatesof", "fo fro 234 faroeislands", "fr fra 250 france",
  "ga gab 266 gabon", "gb gbr 826 unitedkingdom", "gb gbr 826 unitedkingdomofgreatbritainandnorthernireland", "gd grd 308 grenada",
  "ge geo 268 georgia", "gf guf 254 frenchguiana", "gg ggy 831 guernsey", "gh gha 288 ghana", "gi gib 292 gibraltar", "gl grl 304 greenland",
  "gm gmb 270 gambia", "gn gin 324 guinea", "gp glp 312 guadeloupe", "gq gnq 226 equatorialguinea", "gr grc 300 greece",
  "gs sgs 239 southgeorgiaandsouthsandwichislands", "gt gtm 320 guatemala", "gu gum 316 guam", "gw gnb 624 guineabissau", "gy guy 328 guyana",
  "hk hkg 344 hongkong", "hm hmd 334 heardislandandmcdonaldislands", "hn hnd 340 honduras", "hr hrv 191 croatia", "ht hti 332 haiti",
  "hu hun 348 hungary", "id idn 360 indonesia", "ie irl 372 ireland", "il isr 376 israel", "im imn 833 isleofman", "in ind 356 india",
  "io iot 086 britishindianoceanterritory", "iq irq 368 iraq", "ir irn 364 iranislamicrepublicof", "is isl 352 iceland", "it ita 380 italy",
  "je jey 832 jersey", "jm jam 388 jamaica", "jo jor 400 jordan", "jp jpn 392 japan", "ke ken 404 kenya", "kg kgz 417 kyrgyzstan",
  "kh khm 116 cambodia", "ki kir 296 kiribati", "km com 174 comoros", "kn kna 659 saintkittsandnevis",
  "kp prk 408 koreademocraticpeoplesrepublicof", "kr kor 410 korearepublicof", "kw kwt 414 kuwait", "ky cym 136 caymanislands",
  "kz kaz 398 kazakhstan", "la lao 418 laopeoplesdemocraticrepublic", "lb lbn 422 lebanon", "lc lca 662 saintlucia", "li lie 438 liechtenstein",
  "lk lka 144 srilanka", "lr lbr 430 liberia", "ls lso 426 lesotho", "lt ltu 440 lithuania", "lu lux 442 luxembourg", "lv lva 428 latvia",
  "ly lby 434 libya", "ma mar 504 morocco", "mc mco 492 monaco", "md mda 498 moldovarepublicof", "me mne 499 montenegro",
  "mf maf 663 saintmartinfrenchpart", "mg mdg 450 madagascar", "mh mhl 584 marshallislands", "mk mkd 807 northmacedonia", "ml mli 466 mali",
  "mm mmr 104 myanmar", "mn mng 496 mongolia", "mo mac 446 macao", "mp mnp 580 northernmarianaislands", "mq mtq 474 martinique",
  "mr mrt 478 mauritania", "ms msr 500 montserrat", "mt mlt 470 malta", "mu mus 480 mauritius", "mv mdv 462 maldives", "mw mwi 454 malawi",
  "mx mex 484 mexico", "my mys 458 malaysia", "mz moz 508 mozambique", "na nam 516 namibia", "nc ncl 540 newcaledonia", "ne ner 562 niger",
  "nf nfk 574 norfolkisland", "ng nga 566 nigeria", "ni nic 558 nicaragua", "nl nld 528 netherlands", "no nor 578 norway", "np npl 524 nepal",
  "nr nru 520 nauru", "nu niu 570 niue", "nz nzl 554 newzealand", "om omn 512 oman", "pa pan 591 panama", "pe per 604 peru",
  "pf pyf 258 frenchpolynesia", "pg png 598 papuanewguinea", "ph phl 608 philippines", "pk pak 586 pakistan", "pl pol 616 poland",
  "pm spm 666 saintpierreandmiquelon", "pn pcn 612 pitcairn", "pr pri 630 puertorico", "ps pse 275 palestinestateof", "pt prt 620 portugal",
  "pw plw 585 palau", "py pry 600 paraguay", "qa qat 634 qatar", "re reu 638 réunion", "ro rou 642 romania", "rs srb 688 serbia",
  "ru rus 643 russianfederation", "rw rwa 646 rwanda", "sa sau 682 saudiarabia", "sb slb 090 solomonislands", "sc syc 690 seychelles",
  "sd sdn 729 sudan", "se swe 752 sweden", "sg sgp 702 singapore", "sh shn 654 sainthelenaascensionandtristandacunha", "si svn 705 slovenia",
  "sj sjm 744 svalbardandjanmayen", "sk svk 703 slovakia", "sl sle 694 sierraleone", "sm smr 674 sanmarino", "sn sen 686 senegal",
  "so som 706 somalia", "sr sur 740 suriname", "ss ssd 728 southsudan", "st stp 678 saotomeandprincipe", "sv slv 222 elsalvador",
  "sx sxm 534 sintmaartendutchpart", "sy syr 760 syrianarabrepublic", "sz swz 748 eswatini", "tc tca 796 turksandcaicosislands", "td tcd 148 chad",
  "tf atf 260 frenchsouthernterritories", "tg tgo 768 togo", "th tha 764 thailand", "tj tjk 762 tajikistan", "tk tkl 772 tokelau",
  "tl tls 626 timorleste", "tm tkm 795 turkmenistan", "tn tun 788 tunisia", "to ton 776 tonga", "tr tur 792 türkiye",
  "tt tto 780 trinidadandtobago", "tv tuv 798 tuvalu", "tw twn 158 taiwanprovinceofchina", "tz tza 834 tanzaniaunitedrepublicof",
  "ua ukr 804 ukraine", "ug uga 800 uganda", "um umi 581 unitedstatesminoroutlyingislands", "us usa 840 unitedstates",
  "us usa 840 unitedstatesofamerica", "uy ury 858 uruguay", "uz uzb 860 uzbekistan", "va vat 336 holyseevaticancitystate", "va vat 336 holysee",
  "vc vct 670 saintvincentandgrenadines", "ve ven 862 venezuelabolivarianrepublicof", "vg vgb 092 virginislandsbritish",
  "vi vir 850 virginislandsus", "vn vnm 704 vietnam", "vu vut 548 vanuatu", "wf wlf 876 wallisandfutuna", "ws wsm 882 samoa", "xk xkx --- kosovo",
  "ye yem 887 yemen", "yt myt 175 mayotte", "za zaf 710 southafrica", "zm zmb 894 zambia", "zw zwe 716 zimbabwe",
};
/* clang-format on */

/* Writes the letters and digits of a name, those of ASCII in lower case. Leaves out the word "the", which ISO puts
 * behind many names. Returns their length in bytes; 0 for a control character, or when they are too many. */
static size_t fold(char name[static MAX_NAME], const char *bytes, size_t len) {
  size_t count = 0, word = 0; /* where the current word begins */
  for (size_t i = 0; i <= len; i++) {
    char c = i < len ? bytes[i] : ' ';
    if (is_letter(c) || is_digit(c) || (unsigned char)c >= 0x80) {
      if (count == MAX_NAME) return 0;
      name[count++] = to_lower(c);
      continue;
    }
    if ((unsigned char)c < ' ') return 0;
    if (count - word == 3 && memcmp(name + word, "the", 3) == 0) count = word;
    word = count;
  }
  return count;
}

/* The row with this folded name or code; NULL when there is none. */
static const char *find(char name[static MAX_NAME], size_t count) {
  size_t digits = 0, at = count == 3 ? THREE : NAME;
  while (digits < count && is_digit(name[digits]))
    digits++;
  if (count > 0 && count <= 3 && digits == count) { /* "4" is "004" */
    memmove(name + 3 - count, name, count);
    memset(name, '0', 3 - count);
    at = NUMBER;
    count = 3;
  }
  for (size_t i = 0; i < COUNTRIES; i++)
    if (memcmp(countries[i] + at, name, count) == 0 && (at != NAME || countries[i][at + count] == '\0')) return countries[i];
  return NULL;
}

static int compare_two(const void *a, const void *b) {
  return memcmp(a, b, 2);
}

bool country_code(const char *bytes, size_t len, char code[2]) {
  char name[MAX_NAME];
  size_t count = fold(name, bytes, len);
  const char *row = count == 2 ? bsearch(name, countries, COUNTRIES, ROW, compare_two) : NULL;
  if (!row) row = find(name, count);
  for (size_t i = 0; row && i < 2; i++)
    code[i] = (char)(row[i] - ('a' - 'A'));
  explicit_bzero(name, sizeof name);
  return row != NULL;
}
