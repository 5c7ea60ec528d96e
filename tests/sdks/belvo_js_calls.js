// Calls of belvo 0.28.0 from npm, unchanged, against a sandbox: `node belvo_js_calls.js URL`.
//
// Prints what it got as JSON; fails if that is not what Belvo would have answered.

'use strict';

const assert = require('node:assert');

// Its main file exports the class under its own name and as the default.
const exported = require('belvo');

const Client = exported.default || exported.Client || exported;

const FIRST = '2025-01-01';
const LAST = '2025-01-25';

// Return what `call` is refused with.
async function refused(call) {
  try {
    await call();
  } catch (error) {
    return { status: error.statusCode, detail: error.detail };
  }
  return assert.fail('it was not refused');
}

// Everything that can be done with a link, with a challenge and without.
async function links(client) {
  const plain = await client.links.register('erebor_mx_retail', 'bnk100', 'full', {
    externalId: 'customer-1',
    accessMode: 'single',
  });
  assert.strictEqual(plain.status, 'valid');
  assert.deepStrictEqual(await client.links.detail(plain.id), plain);
  assert.strictEqual((await client.links.patch(plain.id, { accessMode: 'recurrent' })).access_mode, 'recurrent');

  const first = await refused(() => client.links.register('heimdall_mx_retail', 'mfa_default', 'pass_valid'));
  assert.strictEqual(first.status, 428);
  const [challenge] = first.detail;
  const [again] = (await refused(() => client.links.resume(challenge.session, '999999', challenge.link))).detail;
  assert.notStrictEqual(again.session, challenge.session);
  const link = await client.links.resume(again.session, '111111', again.link);
  assert.strictEqual(link.status, 'valid');

  const [update] = (await refused(() => client.links.update(link.id, { password: 'new' }))).detail;
  assert.strictEqual((await client.links.resume(update.session, '111111', update.link)).id, link.id);

  for (let index = 0; index < 12; index += 1) {
    await client.links.register('gringotts_co_retail', 'bnk100', 'full');
  }
  const listed = await client.links.list();
  assert.strictEqual(listed.length, 14);
  assert.deepStrictEqual(
    (await client.links.list({ filters: { external_id: 'customer-1' } })).map((row) => row.id),
    [plain.id],
  );
  assert.ok(await client.links.delete(plain.id));
  return link.id;
}

// Retrieve, answer, list, read and delete.
async function balances(client, link) {
  const { detail } = await refused(() => client.balances.retrieve(link, FIRST, { dateTo: LAST }));
  const rows = await client.balances.resume(detail[0].session, '111111', link);
  assert.strictEqual(rows.length, 25);
  const listed = await client.balances.list({ filters: { link, value_date__gte: '2025-01-06' } });
  assert.strictEqual(listed.length, 20);
  assert.deepStrictEqual(await client.balances.detail(rows[0].id), rows[0]);
  assert.ok(await client.balances.delete(rows[0].id));
  return rows.length;
}

// Every other resource that it has, of a bank and of a tax office.
async function others(client, link) {
  const options = { token: '111111' };
  const plain = await client.links.register('erebor_mx_retail', 'bnk100', 'full');
  const fiscal = await client.links.register('tatooine_mx_fiscal', 'individual', 'full');
  const colombian = await client.links.register('tatooine_co_fiscal', 'individual', 'full');
  const work = await client.links.register('planet_mx_employment', 'employee', 'full');
  return {
    accounts: (await client.accounts.retrieve(link, options)).length,
    owners: (await client.owners.retrieve(link, options)).length,
    transactions: (await client.transactions.retrieve(link, FIRST, { ...options, dateTo: LAST })).length,
    incomes: Boolean(await client.incomes.retrieve(plain.id, {})),
    recurringExpenses: Boolean(await client.recurringExpense.retrieve(plain.id, {})),
    riskInsights: Boolean(await client.riskInsights.retrieve(plain.id, {})),
    portfolios: Boolean(await client.investmentsPortfolios.retrieve(plain.id, {})),
    invoices: (await client.invoices.retrieve(fiscal.id, FIRST, LAST, 'INFLOW')).length > 0,
    taxReturns: (await client.taxReturns.retrieve(fiscal.id, 2023, 2024, { type: 'yearly' })).length > 0,
    taxStatus: Boolean(await client.taxStatus.retrieve(fiscal.id, {})),
    taxComplianceStatus: Boolean(await client.taxComplianceStatus.retrieve(fiscal.id, {})),
    taxRetentions: Boolean(await client.taxRetentions.retrieve(fiscal.id, FIRST, LAST, 'INFLOW')),
    taxDeclarations: Boolean(await client.taxDeclarations.retrieve(colombian.id, 2023, 2024)),
    employmentRecords: (await client.employmentRecords.retrieve(work.id, {})).length,
    institutions: (await client.institutions.list({ limit: 5 })).length,
    widget: Object.keys(await client.widgetToken.create()).sort(),
  };
}

async function main(url) {
  const client = new Client('sandbox-id', 'sandbox-password', url);
  await client.connect();
  const link = await links(client);
  const results = { link, balances: await balances(client, link), others: await others(client, link) };
  const { status, detail } = await refused(
    () => client.links.register('erebor_mx_retail', 'user_invalid', 'pass_invalid'),
  );
  assert.deepStrictEqual([status, detail[0].code], [400, 'login_error']);
  process.stdout.write(`${JSON.stringify(results)}\n`);
}

main(process.argv[2]).catch((error) => {
  process.stderr.write(`${error.stack}\n${JSON.stringify(error.detail || null)}\n`);
  process.exitCode = 1;
});
