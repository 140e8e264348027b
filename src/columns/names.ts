import { meaningOf, readHeader } from './words.ts'

/**
 * What columns are called by ad platforms, CRMs, mailing tools and people, and the field each name means. Names are
 * compared without spaces, punctuation and capitals.
 */

export interface Known {
  readonly field: string
  readonly type: string
  /** How sure the name alone makes it, 0 to 1. */
  readonly sure: number
}

type Row = readonly [field: string, type: string, names: string]

/** Names that mean one thing, parted by commas. */
const CERTAIN: readonly Row[] = [
  [
    'email',
    'email',
    'email, email address, mail address, electronic mail, email id, email addr, emailid, email address address, contact email',
  ],
  [
    'phone',
    'phone',
    'phone, phone number, phone no, mobile, mobile number, mobile phone, mobile phone number, cell, cell number, cell phone, cell phone number, cellphone number, contact number, phone contact, landline, landline number, telephone number, tel number, callback number, daytime phone, call phone, whatsapp, whatsapp number, phone with country code, phone number with area code, phone area code, mobilenumber, msisdn, handphone',
  ],
  ['fax', 'phone', 'fax, fax number, fax phone'],
  [
    'first_name',
    'first_name',
    'first name, given name, given names, forename, forenames, fore name, christian name, first names, firstname, name first, givenname, preferred name, nickname, nick name, legal first name, first given name',
  ],
  ['middle_name', 'first_name', 'middle name, middlename, middle names, middle initial, name middle, middle'],
  [
    'last_name',
    'last_name',
    'last name, surname, family name, second name, name last, lastname, sur name, familyname, legal last name, last surname, maiden name',
  ],
  [
    'full_name',
    'full_name',
    'full name, fullname, complete name, first and last name, first last name, first name last name, name and surname, first name and last name, name surname, display name, displayname, name of person, full legal name, legal name, contact name, contact person, customer name, first name and surname',
  ],
  [
    'name_prefix',
    'string',
    'prefix, salutation, name prefix, honorific, honorific prefix, courtesy title, mr mrs, title prefix',
  ],
  ['name_suffix', 'string', 'suffix, name suffix, honorific suffix'],
  [
    'street',
    'street',
    'street, street address, street name, address line, address line 1, address 1, address street, street 1, street address 1, street address line 1, street line 1, line 1, mailing street, address one, address street 1, road, street and number, street name and number, house number and street, address line one, thoroughfare',
  ],
  [
    'street_2',
    'string',
    'address line 2, address 2, street 2, street address 2, street address line 2, street line 2, line 2, address two, address line two, apt, apartment, apt number, apartment number, suite, suite number, unit, unit number, apt suite, apt suite unit, extended address, address extended, flat, flat number, apt unit',
  ],
  ['street_3', 'string', 'address line 3, address 3, street 3, line 3'],
  ['street_number', 'string', 'street number, house number, building number, street no, house no, civic number'],
  ['full_address', 'full_address', 'full address, complete address, formatted address, one line address, address full'],
  [
    'city',
    'city',
    'city, city name, town, city town, town city, suburb, municipality, locality, address city, post town, city or town, city of residence, address locality, location city, village, city suburb',
  ],
  [
    'state',
    'state',
    'state, state province, state region, state or province, state name, state code, state abbreviation, province, province state, province code, us state, address state, region state, administrative area, state territory, state of residence, state county, prov, address region, province region, state prov, territory',
  ],
  [
    'postal_code',
    'postal_code',
    'zip, zip code, zipcode, postal code, postcode, post code, postal, zip postal code, zip postal, postal zip code, zip or postal code, zip 5, zip code 5, five digit zip, 5 digit zip code, zip 4 code, zip plus 4, address zip, address postal code, zippostal, pin code, pincode, postalcode zip, address postcode, zip post code, eircode, plz',
  ],
  ['lead_type', 'string', 'lead type, type of lead, record type, contact type, customer type'],
  ['seniority', 'string', 'seniority, seniority level, job level, management level'],
  ['order_count', 'number', 'total orders, order count, orders, number of orders, orders count'],
  ['zip4', 'string', 'zip 4, plus 4, zip four, zip plus four extension, zip extension'],
  ['county', 'string', 'county, county name, parish, borough'],
  [
    'country',
    'country',
    'country, country region, country name, country code, country of residence, nation, address country, country territory, iso country, country iso, country iso code, iso country code, country code iso, ip country, country 2',
  ],
  [
    'company',
    'company',
    'company, company name, organization, organization name, business, business name, employer, employer name, account name, firm, firm name, company organization, company business name, place of work, workplace, employer company, primary institution, name of company, business company name',
  ],
  [
    'job_title',
    'job_title',
    'job title, jobtitle, position, job position, job role, occupation, profession, job, title job, organization title, designation, position title, job function, jobrole, work title, role title, professional title, position held, headline',
  ],
  ['department', 'string', 'department, dept, business unit, division, team'],
  [
    'industry',
    'string',
    'industry, sector, business type, industry type, industry sector, vertical, naics, sic code, sic',
  ],
  [
    'website',
    'url',
    'website, web site, website url, url website, company website, homepage, home page, web page, web address, webpage, site url, web',
  ],
  ['domain', 'domain', 'domain, company domain, domain name, company domain name, email domain, website domain'],
  [
    'dob',
    'dob',
    'dob, date of birth, birth date, birthdate, birthday, birth day, d o b, born, born on, date birth, dateofbirth, day of birth, bday',
  ],
  ['birth_year', 'number', 'birth year, year of birth, year born, yob'],
  ['age', 'number', 'age, age years, age in years, how old are you, how old'],
  ['gender', 'gender', 'gender, sex, gender identity'],
  ['marital_status', 'string', 'marital status, marital, civil status, relationship status, married'],
  ['education', 'string', 'education, education level, level of education, degree, highest education, highest degree'],
  [
    'ssn',
    'ssn',
    'ssn, social security number, social security, social security no, soc sec number, soc sec id, ss number, social, ssn last 4, last 4 ssn, last 4 of ssn, social security id',
  ],
  [
    'ip_address',
    'ip',
    'ip, ip address, ipaddress, ip addr, client ip, optin ip, opt in ip, confirm ip, signup ip, sign up ip, remote ip, remote addr, user ip, ipv 4, submit ip, submission ip',
  ],
  ['user_agent', 'user_agent', 'user agent, useragent, browser user agent, http user agent, device user agent'],
  [
    'trustedform_cert_url',
    'certificate_url',
    'trustedform, trusted form, trustedform url, trustedform cert url, trustedform certificate, trustedform certificate url, trustedform cert, xx trusted form cert url, xxtrustedformcerturl, xx trusted form token, trusted form cert url, trusted form cert, trusted form certificate, trusted form url, trusted form certificate url, trustedform token, certificate url, cert url, tf cert, tf cert url, trusted form cert id',
  ],
  [
    'jornaya_leadid',
    'certificate_url',
    'jornaya, jornaya id, jornaya lead id, jornaya leadid, jornaya token, universal lead id, universal leadid, leadid token, lead id token, leadidtoken, universal_leadid, jornaya leadid token',
  ],
  ['utm_source', 'string', 'utm source, utmsource, source utm'],
  ['utm_medium', 'string', 'utm medium, utmmedium'],
  ['utm_campaign', 'string', 'utm campaign, utmcampaign'],
  ['utm_term', 'string', 'utm term, utmterm'],
  ['utm_content', 'string', 'utm content, utmcontent'],
  ['utm_id', 'string', 'utm id'],
  ['gclid', 'string', 'gclid, google click id, click id google, gcl id, google gclid'],
  ['fbclid', 'string', 'fbclid, facebook click id, fbc'],
  ['msclkid', 'string', 'msclkid, microsoft click id, bing click id'],
  ['ttclid', 'string', 'ttclid, tiktok click id'],
  ['click_id', 'string', 'click id, clickid, aff click id'],
  [
    'landing_page_url',
    'url',
    'landing page, landing page url, page url, landing url, lp url, form url, source url, website page, conversion page, first page seen, url of form, submission url, page, signup url, sign up url, first url',
  ],
  [
    'referrer_url',
    'url',
    'referrer, referer, referrer url, referring url, http referrer, referring site, referral url',
  ],
  [
    'created_at',
    'datetime',
    'created time, created at, created, created date, create date, create time, creation date, date created, time created, created on, lead created, submitted at, submission date, submission time, submit date, submit time, lead submit time, lead submission time, submitted on, date submitted, timestamp, time stamp, submission timestamp, entry date, date entered, date added, added on, added at, signup date, sign up date, sign up time, optin time, opt in time, opt in date, optin date, date time, datetime, registration date, registered at, registered on, subscribed at, subscription date, date subscribed, confirm time, joined, received at, date received, received date, inserted at, import date, enquiry date, inquiry date, conversion date, conversion time, first conversion date',
  ],
  [
    'updated_at',
    'datetime',
    'updated at, updated, updated time, update date, last updated, last modified, last modified date, modified date, modified at, date modified, modified time, last changed, last update, systemmodstamp, date updated',
  ],
  [
    'last_activity_at',
    'datetime',
    'last activity, last activity date, last contacted, last contact date, last contact, last engagement date, last activity time, recent conversion date, last seen, last login, last open date, last click date, last called',
  ],
  [
    'lead_source',
    'string',
    'lead source, source, original source, original source type, traffic source, how did you hear about us, how did you hear, hear about us, source name, acquisition source, first touch source, latest source, latest traffic source, how you heard about us, record source, marketing source, referral source, lead origin, original source drill down, channel, lead channel, origin',
  ],
  [
    'platform',
    'string',
    'platform, ad platform, publisher platform, placement, network, ad network, device, device type, browser, os, operating system',
  ],
  ['campaign_id', 'string', 'campaign id, campaignid'],
  ['campaign_name', 'string', 'campaign name, campaign, campaignname, ad campaign, campaign title, marketing campaign'],
  ['adset_id', 'string', 'adset id, ad set id, ad group id, adgroup id, adgroupid, adsetid'],
  ['adset_name', 'string', 'adset name, ad set name, ad group name, adgroup name, ad group, adgroup, adset, ad set'],
  ['ad_id', 'string', 'ad id, adid, creative id, asset id, asset group id, creativeid, advertisement id'],
  ['ad_name', 'string', 'ad name, ad, creative, creative name, ad title, adname, asset name'],
  ['form_id', 'string', 'form id, formid, lead form id, leadgen form id'],
  ['form_name', 'string', 'form name, form, lead form, lead form name, form title, formname, lead gen form name'],
  ['keyword', 'string', 'keyword, keywords, search term, search keyword, search query, matched keyword'],
  ['is_organic', 'boolean', 'is organic, organic'],
  [
    'external_id',
    'string',
    'id, lead id, leadid, record id, recordid, rec id, unique id, uniqueid, external id, contact id, customer id, user id, userid, client id, person id, uuid, guid, row id, entry id, response id, submission id, lead number, record number, crm id, contact key, member id, prospect id, subscriber id, account id, identifier, leid, euid, vid, gcid, reference, reference number, ref, ref id, record id contact, key, pk, applicant id, owner id, lead gen id, leadgen id, company id, primary associated company id, associated company id, associated company ids, transaction id, order id',
  ],
  [
    'lead_status',
    'string',
    'status, lead status, contact status, stage, lifecycle stage, life cycle stage, lead stage, deal stage, state of lead, disposition, lead disposition, contact stage, pipeline stage, subscription status, email status, marketing contact status, membership status, status reason, status reason code, status code',
  ],
  ['rating', 'string', 'rating, lead rating, member rating, grade, priority, lead grade, temperature'],
  [
    'owner',
    'string',
    'lead owner, contact owner, record owner, assigned to, owner, owner name, sales rep, account owner, assigned rep, hubspot owner',
  ],
  [
    'notes',
    'string',
    'notes, note, comments, comment, message, description, remarks, memo, additional comments, additional information, additional notes, question, questions, questions comments, your message, feedback, how can we help, how can we help you, tell us more, anything else, other comments, enquiry, inquiry, request, project details, project description, message body',
  ],
  [
    'tags',
    'list',
    'tags, tag, labels, label, categories, groups, group membership, lists, segments, list membership, interests, topics',
  ],
  [
    'annual_revenue',
    'range',
    'annual revenue, revenue, company revenue, yearly revenue, annual turnover, turnover, company annual revenue, annual sales',
  ],
  [
    'employee_count',
    'range',
    'number of employees, employees, employee count, company size, no of employees, team size, headcount, employee range, company headcount, staff size, numemployees, size of company, how many employees',
  ],
  [
    'household_income',
    'range',
    'income, annual income, household income, yearly income, monthly income, salary, net income, gross income, combined income, hhi',
  ],
  ['budget', 'range', 'budget, what budget, project budget, price range, monthly budget, max budget, budget range'],
  [
    'loan_amount',
    'currency',
    'loan amount, mortgage amount, amount requested, requested amount, requested loan amount, desired loan amount, loan balance, mortgage balance, loan amount requested',
  ],
  [
    'home_value',
    'currency',
    'home value, property value, house value, estimated home value, purchase price, value of home',
  ],
  [
    'amount',
    'currency',
    'amount, price, total, cost, total spent, deal amount, payout, lead price, order total, sale amount, balance',
  ],
  [
    'credit_rating',
    'string',
    'credit rating, credit, credit score, credit grade, fico, fico score, estimated credit score, credit profile',
  ],
  [
    'homeowner',
    'boolean',
    'homeowner, home owner, own home, do you own your home, are you a homeowner, is homeowner, own property, own rent, own or rent, do you own or rent, rent or own, home ownership, own residence',
  ],
  ['property_type', 'string', 'property type, home type, type of property, type of home, house type, residence type'],
  [
    'service',
    'string',
    'service, service type, service needed, product, product interest, product name, service interest, what service do you need, which service are you interested in, what are you looking for, what are you interested in, what services do you need, what do you need help with, interested, interest, project type, type of service, service requested, services needed, type of project, product type',
  ],
  [
    'timeframe',
    'string',
    'timeframe, time frame, timeline, time line, when do you need it, when do you need this, purchase timeframe, buying timeframe, how soon, how soon do you need it, urgency, when are you looking to start, when would you like to start, when do you want to start, when are you looking to buy',
  ],
  [
    'best_time_to_call',
    'string',
    'time to call, best time, call time, time to contact, best time call, preferred contact time, preferred time, time contact, when should we call, best contact time',
  ],
  [
    'contact_preference',
    'string',
    'preferred contact method, contact preference, contact method, preferred method, preferred channel, preferred communication',
  ],
  ['language', 'string', 'language, preferred language, lang, locale, spoken language'],
  ['currency_code', 'string', 'currency, currency code, currency iso code'],
  ['timezone', 'string', 'timezone, time zone, gmtoff, gmt offset, utc offset, dstoff'],
  ['latitude', 'number', 'latitude, geo latitude, location latitude'],
  ['longitude', 'number', 'longitude, geo longitude, location longitude, long'],
  [
    'linkedin_url',
    'url',
    'linkedin, linkedin url, linkedin profile, linkedin profile url, person linkedin url, li url, profile url',
  ],
  [
    'consent',
    'boolean',
    'consent, opt in, optin, opted in, tcpa, tcpa consent, email opt in, sms opt in, sms consent, marketing consent, accepts marketing, email consent, gdpr consent, consent given, agree, agreed, terms accepted, privacy consent, accept terms, marketing permission, accepts email marketing, accepts sms marketing, subscribed, newsletter, i agree, phone consent, express consent, consent to contact',
  ],
  [
    'opted_out',
    'boolean',
    'opt out, opted out, has opted out of email, email opt out, unsubscribed, unsubscribe, has opted out email, has opted out fax, unsubscribed from all email, do not email, email optout',
  ],
  ['do_not_call', 'boolean', 'do not call, donotcall, dnc, do not contact, dnc flag'],
  [
    'consent_text',
    'string',
    'tcpa language, consent text, consent language, tcpa text, disclosure, disclosure text, tcpa disclosure',
  ],
  ['lead_score', 'number', 'lead score, score, hubspot score, lead scoring'],
  [
    'sub_id',
    'string',
    'sub id, subid, sub id 1, s 1, sid, affiliate sub id, aff sub, source id, affiliate id, affiliate, publisher id, pub id, partner id, vendor id, aff id',
  ],
  ['created_by', 'string', 'created by, modified by, last modified by, added by, updated by, entered by, imported by'],
  ['nationality', 'string', 'nationality, citizenship'],
  ['area_code', 'string', 'area code, phone prefix'],
  [
    'calling_code',
    'string',
    'calling code, dialing code, dial code, phone country code, country calling code, isd code, phone code',
  ],
  ['phone_extension', 'string', 'ext, extension, phone ext, phone extension'],
  ['phone_type', 'string', 'phone type, line type'],
  ['phone_carrier', 'string', 'carrier, phone carrier'],
  ['birth_place', 'string', 'birth place, place of birth, birthplace, city of birth, country of birth, pob'],
  ['vehicle_year', 'number', 'vehicle year, car year'],
  ['vehicle_make', 'string', 'vehicle make, make, car make'],
  ['vehicle_model', 'string', 'vehicle model, model, car model'],
  ['password', 'credential', 'password, passwd, pwd, api key, secret, access token, auth token'],
]

/** Names that may mean several things: the values must speak, too. */
const LIKELY: readonly (readonly [field: string, type: string, sure: number, names: string])[] = [
  ['email', 'email', 0.78, 'mail, emailed, email 1 email'],
  ['phone', 'phone', 0.72, 'call, dial'],
  ['first_name', 'first_name', 0.74, 'first, given'],
  ['last_name', 'last_name', 0.74, 'last, family'],
  ['full_name', 'full_name', 0.84, 'name, names'],
  ['street', 'street', 0.86, 'address'],
  ['state', 'state', 0.74, 'region, st'],
  ['city', 'city', 0.72, 'place, location'],
  ['job_title', 'job_title', 0.66, 'title, role, function'],
  ['website', 'url', 0.74, 'url, link, site'],
  ['dob', 'dob', 0.76, 'birth'],
  ['created_at', 'datetime', 0.74, 'date, time, day'],
  ['phone', 'phone', 0.5, 'number'],
  ['company', 'company', 0.84, 'associated company, primary associated company, account'],
  ['postal_code', 'postal_code', 0.5, 'code'],
  ['ip_address', 'ip', 0.6, 'host'],
]

const joined = (name: string): string => name.replaceAll(/[^\p{L}\p{N}]+/gu, '').toLowerCase()

const CERTAIN_SURE = 0.94

/** Questions are written in full here, and compared without the words that say nothing. */
const shortOf = (name: string): string | null => {
  if (name.trim().split(' ').length < 3) return null
  const short = meaningOf(readHeader(name))
  return short.length >= 2 ? joined(short.join('')) : null
}

const build = (): ReadonlyMap<string, Known> => {
  const names = new Map<string, Known>()
  const add = (list: string, known: Known): void => {
    for (const name of list.split(','))
      for (const key of [joined(name), shortOf(name)]) if (key !== null && !names.has(key)) names.set(key, known)
  }
  for (const [field, type, list] of CERTAIN) add(`${list}, ${field}`, { field, type, sure: CERTAIN_SURE })
  for (const [field, type, sure, list] of LIKELY) add(list, { field, type, sure })
  return names
}

const KNOWN = build()

/** The field that words mean, all of them together. */
export const knownAs = (words: readonly string[]): Known | undefined => KNOWN.get(joined(words.join('')))
