import { testCases } from '../../test/support/field-cases.ts'
import { jobTitle } from './job-title.ts'

const titles: readonly (readonly [string, string | null, string | null])[] = [
  ['CEO', 'c_level', 'general_management'],
  ['Founder & CEO', 'owner', 'general_management'],
  ['Chief Financial Officer', 'c_level', 'finance'],
  ['CTO', 'c_level', 'engineering'],
  ['V.P., Sales', 'vp', 'sales'],
  ['Senior Vice President of Marketing', 'vp', 'marketing'],
  ['President', 'c_level', 'general_management'],
  ['IT Director', 'director', 'information_technology'],
  ['Head of People', 'head', 'human_resources'],
  ['HR Manager', 'manager', 'human_resources'],
  ['Managing Director', 'c_level', 'general_management'],
  ['Sr. Software Engineer', 'senior', 'engineering'],
  ['Software Engineering Intern', 'intern', 'engineering'],
  ['Executive Assistant to the CEO', 'assistant', 'general_management'],
  ['Account Executive', null, 'sales'],
  ['Registered Nurse', null, 'medical'],
  ['Geschäftsführer', 'c_level', 'general_management'],
  ['Owner', 'owner', 'general_management'],
  ['Plumber', null, 'trades'],
  ['Wizard', null, null],
  ['Kosovo', null, null],
]

testCases(jobTitle, [
  ...titles.map(([raw, seniority, job]) => ({ raw, normal: raw, valid: true, parts: { seniority, function: job } })),
  { raw: ' vp   sales ', normal: 'vp sales', valid: true, parts: { seniority: 'vp' } },
  { raw: 'Gla***', normal: 'Gla***', valid: false, masked: true },
  { raw: '42', normal: '42', valid: false },
  { raw: 'vp '.repeat(300_000), normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
