// 203 routes in the shape of GitHub's REST API, the table on which routers have been compared since Go's first ones: paths as
// its public documentation names them, each once. As in those comparisons no static segment stands beside a parameter
// (such as /gists/public beside /gists/:id), which some routers refuse.

const REPO = '/repos/:owner/:repo';

/** By prefix, what follows it; `.` is the prefix itself. A route of fewer segments stands before those below it. */
const PATHS = {
  '': `/ /emojis /events /feeds /issues /meta /rate_limit /repositories`,
  '/authorizations': '. /:id',
  '/applications': '/:client_id/tokens/:access_token',
  '/app': '. /installations /installations/:id',
  '/apps': '/:slug',
  '/gists': '. /:id /:id/star /:id/commits /:id/forks /:id/comments /:id/comments/:comment_id',
  '/gitignore/templates': '. /:name',
  '/legacy': `/issues/search/:owner/:repository/:state/:keyword /repos/search/:keyword
    /user/search/:keyword /user/email/:email`,
  '/licenses': '. /:license',
  '/networks/:owner/:repo': '/events',
  '/notifications': '. /threads/:id /threads/:id/subscription',
  '/organizations': '.',
  '/orgs/:org': `. /events /hooks /hooks/:id /invitations /issues /members /members/:user
    /migrations /migrations/:id /packages /projects /public_members /public_members/:user /repos
    /teams /teams/:slug /teams/:slug/members /teams/:slug/repos /teams/:slug/memberships/:user`,
  '/projects': '/:id /:id/columns /:id/collaborators',
  '/search': '/code /commits /issues /labels /repositories /topics /users',
  '/teams': '/:id /:id/members /:id/members/:user /:id/repos /:id/repos/:owner/:repo',
  '/user': `. /emails /followers /following /following/:user /gpg_keys /gpg_keys/:id /issues /keys
    /keys/:id /memberships/orgs /memberships/orgs/:org /orgs /repos /starred /starred/:owner/:repo
    /subscriptions /subscriptions/:owner/:repo /teams`,
  '/users': `. /:user /:user/events /:user/events/public /:user/events/orgs/:org /:user/followers
    /:user/following /:user/following/:target_user /:user/gists /:user/gpg_keys /:user/keys
    /:user/orgs /:user/received_events /:user/received_events/public /:user/repos /:user/starred
    /:user/subscriptions`,
  [REPO]: `. /assignees /assignees/:assignee /branches /branches/:branch
    /branches/:branch/protection /check_runs/:id /collaborators /collaborators/:user
    /collaborators/:user/permission /comments /comments/:id /commits /commits/:sha
    /commits/:sha/comments /commits/:sha/status /commits/:sha/check_runs /community/profile
    /contributors /deployments /deployments/:id /deployments/:id/statuses
    /deployments/:id/statuses/:status_id /downloads /downloads/:id /environments
    /environments/:environment /events /forks /hooks /hooks/:id /invitations /keys /keys/:id
    /labels /labels/:name /languages /license /notifications /pages /pages/builds
    /readme /readme/:dir /stargazers /statuses/:ref /subscribers /subscription /tags /topics`,
  [`${REPO}/actions`]: `/artifacts /artifacts/:id /caches /runners /runners/:id /runs /runs/:id
    /runs/:id/artifacts /runs/:id/jobs /runs/:id/attempts/:attempt /runs/:id/attempts/:attempt/jobs
    /secrets /secrets/:name /workflows /workflows/:id /workflows/:id/runs`,
  [`${REPO}/git`]: `/blobs/:sha /commits/:sha /refs /tags/:sha /trees/:sha`,
  [`${REPO}/issues`]: `. /:number /:number/comments /:number/events /:number/labels
    /:number/reactions /:number/timeline`,
  [`${REPO}/milestones`]: '. /:number /:number/labels',
  [`${REPO}/pulls`]: `. /:number /:number/commits /:number/files /:number/merge /:number/comments
    /:number/reviews /:number/reviews/:id /:number/reviews/:id/comments`,
  [`${REPO}/releases`]: '. /:id /:id/assets',
  [`${REPO}/stats`]: '/contributors /commit_activity /code_frequency /participation /punch_card',
};

/** @returns {string[]} the 203 patterns */
export function githubPatterns() {
  return Object.entries(PATHS).flatMap(([prefix, tails]) =>
    tails.split(/\s+/).map((tail) => (tail === '.' ? prefix : prefix + tail)),
  );
}
