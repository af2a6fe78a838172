import { readFileSync } from 'node:fs';
import type { Db } from '../../db/connection.ts';
import { REGISTRY } from '../../db/counterpart.ts';
import { refuse } from '../../jobs/errors.ts';
import { GiveUpTurn } from '../../jobs/stage.ts';
import type { StageName } from '../../jobs/stages.ts';
import { createAssignmentStage } from '../assignment/stage.ts';
import { dedupe } from '../dedupe/stage.ts';
import { createDukcapilStage, createRegistryRescue } from '../dukcapil/stage.ts';
import { createEmailStage } from '../email/stage.ts';
import { decideLayer3, scoreAtClosing, screened } from '../layer3/rules.ts';
import { layer3 } from '../layer3/stage.ts';
import { createPayoutStage } from '../payout/stage.ts';
import type { BankSettings, Config, RegistrySettings } from './config.ts';
import type { AnyStage, StageContext } from './executor.ts';
import { kkTokenKey } from './keys.ts';
import { createLimiter, type Limiter, type PermitsSeen } from './limiter.ts';

export { matching } from '../dukcapil/stage.ts';

export interface Stages {
  readonly of: Readonly<Record<StageName, AnyStage>>;
  /** What this process has asked the registry. */
  readonly registry: Readonly<PermitsSeen>;
  close(): Promise<void>;
}

/** The one file that names the six stages and gives each what it needs from outside. */
export async function createStages(config: Config, db: Db): Promise<Stages> {
  const email = createEmailStage(config.mail);
  const limiter = await registryLimiter(config, db);
  const dukcapil = createDukcapilStage(config.registry && withAuthority(config.registry), limiter);
  const poolRules = { decide: decideLayer3, score: scoreAtClosing, kkTokenKey: () => kkTokenKey(db, config) };
  const assignment = createAssignmentStage(poolRules);
  const payout = createPayoutStage(config.bank && withKey(config.bank), config.now, screened);
  return {
    of: { dedupe, email, dukcapil, layer3, assignment, payout },
    registry: limiter.seen,
    close: async () => {
      await Promise.all([email.close(), dukcapil.close(), payout.close(), limiter.close()]);
    },
  };
}

function registryLimiter({ registryRate_per_second, registryDailyQuota, now }: Config, db: Db): Promise<Limiter> {
  return createLimiter(db, REGISTRY, { rate_per_second: registryRate_per_second, quota: registryDailyQuota, now });
}

/** Why the bank lets us in no more, without secrets; undefined: it does. Asks for a token, and nothing else. */
export async function whyNoEntry({ bank, now }: Config): Promise<string | undefined> {
  const payout = createPayoutStage(bank && withKey(bank), now, screened);
  try {
    await payout.signIn();
    return undefined;
  } catch (error) {
    if (error instanceof GiveUpTurn) return error.message;
    throw error;
  } finally {
    await payout.close();
  }
}

/** What `rescue propose` looks with: behind the same rate and quota as the stage. */
export async function createRescue(config: Config, db: Db, context: StageContext) {
  const limiter = await registryLimiter(config, db);
  const rescue = createRegistryRescue(db, config.registry && withAuthority(config.registry), limiter, context);
  return {
    lookAt: rescue.lookAt,
    close: async () => {
      await Promise.all([rescue.close(), limiter.close()]);
    },
  };
}

function withKey({ privateKeyFile, ...bank }: BankSettings) {
  return { ...bank, privateKeyPem: textOf('BANK_PRIVATE_KEY_FILE', privateKeyFile) };
}

function withAuthority({ authorityFile, ...registry }: RegistrySettings) {
  return { ...registry, ...(authorityFile !== undefined && { authority: textOf('DUKCAPIL_CA_FILE', authorityFile) }) };
}

function textOf(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw refuse(`${variable}: the file cannot be read`);
  }
}
