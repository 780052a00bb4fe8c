type Words = Readonly<Record<string, string>>;

/** What means the same in both programs, as `Section.Key`. */
const both: Words = {
  'System.Mode': '该文件用于哪个程序。',
  'System.LogLevel': '记录到日志的最低级别。',
  'System.LogFormat': '供程序读取的 JSON 行、供终端显示的彩色文本，或自动选择（`auto`）。',
  'System.TrustedCertificates':
    '除公共证书外，本程序通过 HTTPS 连接时额外信任的 PEM 证书：自有机构的证书或自签名证书。',
  'Metrics.Token':
    '以此作为 Bearer 令牌即可读取 `/metrics`，仅此而已。未设置时，主节点的指标只有管理员可读，从节点的指标无人可读。',
};

/** The settings of the master. */
export const masterSettings: Words = {
  ...both,
  'System.Listen': 'API 的地址和端口。`:5212` 表示监听本机的所有地址。',
  'System.GracePeriod': '收到停止指令后，请求和内置节点还可继续运行多久。',
  'Site.PublicUrl': '用户和从节点访问主节点的地址。默认为监听的地址。',
  'Site.InternalUrl': '供同一内网中从节点使用的地址，优先于 PublicUrl。',
  'Site.TrustedProxies':
    '主节点前面的代理。只相信它们写入 X-Forwarded-For 的内容，其他来源的会被忽略：登录次数按客户端地址限制。',
  'Master.DataPath': '存放数据库、文件内容和主密钥的文件夹。',
  'Master.MasterKey':
    '用于加密数据库中的机密并签署会话。默认为首次启动时生成的密钥，保存在 DataPath 的 `master.key` 中。多个主节点需使用同一密钥。',
  'Master.SignatureTTL': '签名的有效秒数。',
  'Master.MaxClockSkew': '允许从节点时钟偏差多少。',
  'Master.HeartbeatInterval': '从节点发送心跳的间隔。静默超过 2.6 个间隔即视为离线。',
  'Master.KeepAudit': '审计日志保留的天数。',
  'Master.EmbeddedNode': '在本机同时运行一个从节点。',
  'Database.Type': 'SQLite 无需任何准备，服务一个主节点；PostgreSQL 可服务多个。',
  'Database.Url': '用于 PostgreSQL：`postgres://user:password@host:5432/database`。',
  'Database.MaxConnections': '用于 PostgreSQL：此主节点最多使用的连接数。',
  'OIDC.Issuer': '身份提供方的地址。未设置时只能用用户名和密码登录。',
  'OIDC.ClientId': '本站点在身份提供方处的名称。',
  'OIDC.ClientSecret': '与之对应的密钥。',
  'OIDC.Name': '登录页按钮上的文字。',
  'OIDC.Scopes': '向身份提供方请求的范围。',
  'OIDC.LoginClaim': 'ID 令牌中作为用户登录名的声明。',
  'OIDC.GroupClaim': 'ID 令牌中列出用户所属组的声明。',
  'OIDC.AllowedGroups': '只有身份提供方这些组中的成员可以登录。留空则其所有用户均可。',
  'OIDC.AutoCreate': '为首次登录的人自动创建用户。否则由管理员指定允许谁登录。',
  'Tasks.SplitAbove': '解压大于此值的 zip，或压缩超过此值的文件为 zip，会由可接手的节点分担。',
  'Tasks.MaxOutput': '单个任务可产生的字节数。',
  'Tasks.MaxEntries': '单个归档可包含的条目数。',
  'Tasks.MaxEntry': '单个解压条目的字节数。',
  'Tasks.MaxRatio': '归档的一个字节最多可解压出多少字节。Deflate 最多为 1032。',
  'Tasks.MaxDepth': '解压条目之上的文件夹层数。',
};

/** What a master has told its slave. */
const told: Words = {
  'Master.NodeName': '此节点的名称。',
  'Master.Urls': '此节点访问主节点的地址，最优者在前。',
  'Master.HeartbeatInterval': '两次心跳之间的秒数。',
};

/** The settings of a slave, those included that its master tells it. */
export const slaveSettings: Words = {
  ...both,
  ...told,
  'System.Listen': '主节点访问此从节点的地址和端口。',
  'System.ProxyHeader': '代理写明其客户端的请求头，用于日志。',
  'System.TrustedProxies': 'ProxyHeader 的内容可信的代理；连接到 Unix 套接字的也算。',
  'System.Debug': '来自 Cloudreve，参见 LogLevel。',
  'System.SessionSecret': '来自 Cloudreve，从节点没有会话。',
  'System.HashIDSalt': '来自 Cloudreve。',
  'System.GracePeriod': '收到停止指令后，正在运行的任务还可继续多久。',
  'Slave.Secret':
    '由 `longshore nodes add` 输出的密钥，只有主节点和此从节点知道。若有多个主节点，各写一个，用逗号分隔。',
  'Slave.CallbackTimeout': '等待主节点应答的时间。',
  'Slave.SignatureTTL': '签名的有效秒数。',
  'Slave.DataPath': '日志文件夹：已接受的任务和主节点尚未确认的报告。',
  'Slave.TempPath': '临时文件的文件夹。默认为 DataPath 中的 `temp`。',
  'Slave.MaxClockSkew': '允许主节点时钟偏差多少。',
  'Slave.MaxBandwidth':
    '所有文件内容传输每秒合计可用的流量，两个方向一并计算。0 表示不限制。`[Stores]` 中的文件夹不计入。',
  'Slave.CompressionThreads': '创建和读取归档的线程数，运行中的任务轮流使用。默认为每个处理器一个。',
  'Slave.MinFreeSpace': 'TempPath 所在磁盘保留的空间。所需临时空间超过其余部分的任务不会分配给此从节点。',
  'SSL.Listen': 'HTTPS 的地址和端口。',
  'SSL.CertPath': 'PEM 格式的证书及其证书链。收到 SIGHUP 时重新读取。',
  'SSL.KeyPath': 'PEM 格式的证书私钥。',
  'UnixSocket.Listen': '套接字的路径。',
  'UnixSocket.Perm': '谁可以连接，用八进制文件权限表示。',
  'CORS.AllowOrigins': '来源，例如 `https://files.example.com` 或 `*`。`UNSET` 表示没有。',
  'CORS.AllowMethods': '允许的方法。',
  'CORS.AllowHeaders': '请求可携带的请求头。',
  'CORS.AllowCredentials': '是否允许发送 Cookie。',
  'CORS.ExposeHeaders': '脚本可读取的应答头。',
  'CORS.SameSite': '来自 Cloudreve，从节点不设置 Cookie。',
  'CORS.Secure': '来自 Cloudreve，从节点不设置 Cookie。',
  'OptionOverwrite.queue_slave_worker_num': '同时运行的任务数。',
  'OptionOverwrite.queue_slave_max_execution': '单个任务总共可运行多久，两次执行之间的等待不计。',
  'OptionOverwrite.queue_slave_backoff_factor': '每次重试的延迟增长的倍数。',
  'OptionOverwrite.queue_slave_backoff_max_duration': '两次执行之间的最长延迟。',
  'OptionOverwrite.queue_slave_max_retry': '失败的工作在此从节点上重试的次数。',
  'OptionOverwrite.queue_slave_retry_delay': '首次重试前的延迟。',
};

/** Of sections whose keys are names that somebody has chosen. */
export const freeSections: Words = {
  Stores: '本机拥有其文件夹的存储：这些存储的内容直接读写。键为编号，值为文件夹。',
};
