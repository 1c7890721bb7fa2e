# One image for every service: docker-compose.yml chooses the program by its command.

# --- build: all dependencies, the bundler, then only what production needs is kept
FROM node:24-bookworm-slim AS build
WORKDIR /app
# Before the sources: an edit of ours does not install anything again.
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY lib lib
COPY proxy proxy
COPY apps apps
COPY scripts scripts
RUN node scripts/build.mjs \
 && npm prune --omit=dev --no-audit --no-fund --loglevel=error \
 # nobody debugs in here: source maps and the packages' own sources, types and docs only cost a download
 && find dist node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.md' \) ! -iname 'licen*' -delete

# --- run: node, dist/ and the dependencies of production
FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# A named volume takes the owner of the folder it covers the first time: these are written by the user node.
RUN install -d -o node -g node /boots /settings /runs
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
