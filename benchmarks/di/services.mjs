// The services that all containers make: five of a request over two singletons. Each knows what it uses, so that it can be told
// afterwards who was disposed before whom.

/** What happened in this process. `early`: services that were disposed while somebody still used them. */
export const state = { disposed: 0, early: 0 };

/** Names of the scoped ones, dependencies first, with what each is made of. */
export const SCOPED = {
  user: ['config'],
  tx: ['db'],
  repo: ['db', 'tx'],
  audit: ['tx', 'user'],
  orders: ['repo', 'audit', 'user'],
};
export const SINGLETONS = { config: [], db: ['config'] };

/**
 * Makes the classes.
 * @param isAsync whether `dispose` gives a promise
 * @returns by name: Config, Db and the five of a request
 */
export function makeServices(isAsync) {
  const end = isAsync ? async (one, isEarly) => endNow(one, isEarly) : endNow;
  class Config {
    region = 'eu-west-1';
  }
  class Db {
    constructor(config) {
      this.config = config;
    }
  }
  class User {
    constructor(config) {
      this.config = config;
      this.isOpen = true;
    }
    dispose() {
      return end(this, false);
    }
  }
  class Tx {
    constructor(db) {
      this.db = db;
      this.isOpen = true;
    }
    dispose() {
      return end(this, false);
    }
  }
  class Repo {
    constructor(db, tx) {
      this.db = db;
      this.tx = tx;
      this.isOpen = true;
    }
    dispose() {
      return end(this, !this.tx.isOpen);
    }
  }
  class Audit {
    constructor(tx, user) {
      this.tx = tx;
      this.user = user;
      this.isOpen = true;
    }
    dispose() {
      return end(this, !this.tx.isOpen || !this.user.isOpen);
    }
  }
  class Orders {
    constructor(repo, audit, user) {
      this.repo = repo;
      this.audit = audit;
      this.user = user;
      this.isOpen = true;
    }
    dispose() {
      return end(this, !this.repo.isOpen || !this.audit.isOpen || !this.user.isOpen);
    }
  }
  return { config: Config, db: Db, user: User, tx: Tx, repo: Repo, audit: Audit, orders: Orders };
}

function endNow(one, isEarly) {
  one.isOpen = false;
  state.disposed++;
  if (isEarly) state.early++;
}

/** How many of five things are as they must be within one scope: what is used twice is one instance. */
export function use(user, tx, repo, audit, orders) {
  return (
    Number(orders.repo === repo && orders.isOpen) +
    Number(orders.audit === audit && orders.user === user) +
    Number(audit.user === user && audit.tx === tx) +
    Number(repo.tx === tx && repo.db === tx.db) +
    Number(tx.db.config === user.config)
  );
}
