"""Type tokens by the names of the SDK's classes; written by ``python -m policies.generated.generate``."""

# ruff: noqa: N801


class acm:
    Certificate = "aws:acm/certificate:Certificate"
    CertificateValidation = "aws:acm/certificateValidation:CertificateValidation"


class backup:
    Plan = "aws:backup/plan:Plan"
    Selection = "aws:backup/selection:Selection"
    Vault = "aws:backup/vault:Vault"


class bcmdata:
    Export = "aws:bcmdata/export:Export"


class cloudfront:
    CachePolicy = "aws:cloudfront/cachePolicy:CachePolicy"
    Distribution = "aws:cloudfront/distribution:Distribution"
    OriginAccessControl = "aws:cloudfront/originAccessControl:OriginAccessControl"
    ResponseHeadersPolicy = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"


class cloudwatch:
    CompositeAlarm = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
    Dashboard = "aws:cloudwatch/dashboard:Dashboard"
    LogDelivery = "aws:cloudwatch/logDelivery:LogDelivery"
    LogDeliveryDestination = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
    LogDeliverySource = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
    LogGroup = "aws:cloudwatch/logGroup:LogGroup"
    MetricAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm"


class ebs:
    Snapshot = "aws:ebs/snapshot:Snapshot"
    Volume = "aws:ebs/volume:Volume"


class ec2:
    CustomerGateway = "aws:ec2/customerGateway:CustomerGateway"
    DefaultNetworkAcl = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
    DefaultRouteTable = "aws:ec2/defaultRouteTable:DefaultRouteTable"
    DefaultSecurityGroup = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    DefaultVpc = "aws:ec2/defaultVpc:DefaultVpc"
    Eip = "aws:ec2/eip:Eip"
    EipAssociation = "aws:ec2/eipAssociation:EipAssociation"
    FlowLog = "aws:ec2/flowLog:FlowLog"
    Instance = "aws:ec2/instance:Instance"
    InternetGateway = "aws:ec2/internetGateway:InternetGateway"
    LaunchTemplate = "aws:ec2/launchTemplate:LaunchTemplate"
    ManagedPrefixList = "aws:ec2/managedPrefixList:ManagedPrefixList"
    ManagedPrefixListEntry = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
    NatGateway = "aws:ec2/natGateway:NatGateway"
    NetworkAcl = "aws:ec2/networkAcl:NetworkAcl"
    NetworkAclRule = "aws:ec2/networkAclRule:NetworkAclRule"
    NetworkInterface = "aws:ec2/networkInterface:NetworkInterface"
    NetworkInterfaceAttachment = "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment"
    Route = "aws:ec2/route:Route"
    RouteTable = "aws:ec2/routeTable:RouteTable"
    RouteTableAssociation = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    SecurityGroup = "aws:ec2/securityGroup:SecurityGroup"
    SecurityGroupRule = "aws:ec2/securityGroupRule:SecurityGroupRule"
    Subnet = "aws:ec2/subnet:Subnet"
    VolumeAttachment = "aws:ec2/volumeAttachment:VolumeAttachment"
    Vpc = "aws:ec2/vpc:Vpc"
    VpcEndpoint = "aws:ec2/vpcEndpoint:VpcEndpoint"
    VpcEndpointRouteTableAssociation = "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation"
    VpcIpv4CidrBlockAssociation = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
    VpnConnection = "aws:ec2/vpnConnection:VpnConnection"
    VpnConnectionRoute = "aws:ec2/vpnConnectionRoute:VpnConnectionRoute"
    VpnGateway = "aws:ec2/vpnGateway:VpnGateway"
    VpnGatewayRoutePropagation = "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation"


class elasticache:
    Cluster = "aws:elasticache/cluster:Cluster"
    ParameterGroup = "aws:elasticache/parameterGroup:ParameterGroup"
    ReplicationGroup = "aws:elasticache/replicationGroup:ReplicationGroup"
    SubnetGroup = "aws:elasticache/subnetGroup:SubnetGroup"


class elasticbeanstalk:
    Application = "aws:elasticbeanstalk/application:Application"
    ApplicationVersion = "aws:elasticbeanstalk/applicationVersion:ApplicationVersion"
    Environment = "aws:elasticbeanstalk/environment:Environment"


class iam:
    AccessKey = "aws:iam/accessKey:AccessKey"
    GroupPolicy = "aws:iam/groupPolicy:GroupPolicy"
    GroupPolicyAttachment = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
    InstanceProfile = "aws:iam/instanceProfile:InstanceProfile"
    Policy = "aws:iam/policy:Policy"
    PolicyAttachment = "aws:iam/policyAttachment:PolicyAttachment"
    Role = "aws:iam/role:Role"
    RolePolicy = "aws:iam/rolePolicy:RolePolicy"
    RolePolicyAttachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    User = "aws:iam/user:User"
    UserLoginProfile = "aws:iam/userLoginProfile:UserLoginProfile"
    UserPolicy = "aws:iam/userPolicy:UserPolicy"
    UserPolicyAttachment = "aws:iam/userPolicyAttachment:UserPolicyAttachment"


class kms:
    Alias = "aws:kms/alias:Alias"
    Key = "aws:kms/key:Key"
    KeyPolicy = "aws:kms/keyPolicy:KeyPolicy"


class lb:
    Listener = "aws:lb/listener:Listener"
    ListenerCertificate = "aws:lb/listenerCertificate:ListenerCertificate"
    ListenerRule = "aws:lb/listenerRule:ListenerRule"
    LoadBalancer = "aws:lb/loadBalancer:LoadBalancer"
    TargetGroup = "aws:lb/targetGroup:TargetGroup"


class opensearch:
    Domain = "aws:opensearch/domain:Domain"
    DomainPolicy = "aws:opensearch/domainPolicy:DomainPolicy"


class rds:
    Cluster = "aws:rds/cluster:Cluster"
    ClusterInstance = "aws:rds/clusterInstance:ClusterInstance"
    EventSubscription = "aws:rds/eventSubscription:EventSubscription"
    Instance = "aws:rds/instance:Instance"
    ParameterGroup = "aws:rds/parameterGroup:ParameterGroup"
    SubnetGroup = "aws:rds/subnetGroup:SubnetGroup"


class route53:
    Record = "aws:route53/record:Record"
    Zone = "aws:route53/zone:Zone"
    ZoneAssociation = "aws:route53/zoneAssociation:ZoneAssociation"


class s3:
    Bucket = "aws:s3/bucket:Bucket"
    BucketAcl = "aws:s3/bucketAcl:BucketAcl"
    BucketLifecycleConfiguration = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    BucketLogging = "aws:s3/bucketLogging:BucketLogging"
    BucketObject = "aws:s3/bucketObject:BucketObject"
    BucketObjectv2 = "aws:s3/bucketObjectv2:BucketObjectv2"
    BucketOwnershipControls = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    BucketPolicy = "aws:s3/bucketPolicy:BucketPolicy"
    BucketPublicAccessBlock = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    BucketServerSideEncryptionConfiguration = (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    BucketVersioning = "aws:s3/bucketVersioning:BucketVersioning"


class scheduler:
    Schedule = "aws:scheduler/schedule:Schedule"


class secretsmanager:
    Secret = "aws:secretsmanager/secret:Secret"
    SecretPolicy = "aws:secretsmanager/secretPolicy:SecretPolicy"
    SecretRotation = "aws:secretsmanager/secretRotation:SecretRotation"
    SecretVersion = "aws:secretsmanager/secretVersion:SecretVersion"


class sfn:
    StateMachine = "aws:sfn/stateMachine:StateMachine"


class sns:
    Topic = "aws:sns/topic:Topic"
    TopicPolicy = "aws:sns/topicPolicy:TopicPolicy"
    TopicSubscription = "aws:sns/topicSubscription:TopicSubscription"


class ssm:
    Association = "aws:ssm/association:Association"
    Document = "aws:ssm/document:Document"
    Parameter = "aws:ssm/parameter:Parameter"


class vpc:
    SecurityGroupEgressRule = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    SecurityGroupIngressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


class wafv2:
    WebAcl = "aws:wafv2/webAcl:WebAcl"
    WebAclAssociation = "aws:wafv2/webAclAssociation:WebAclAssociation"


TAGGABLE = (
    acm.Certificate,
    backup.Plan,
    backup.Vault,
    bcmdata.Export,
    cloudfront.Distribution,
    cloudwatch.CompositeAlarm,
    cloudwatch.LogDelivery,
    cloudwatch.LogDeliveryDestination,
    cloudwatch.LogDeliverySource,
    cloudwatch.LogGroup,
    cloudwatch.MetricAlarm,
    ebs.Snapshot,
    ebs.Volume,
    ec2.CustomerGateway,
    ec2.DefaultNetworkAcl,
    ec2.DefaultRouteTable,
    ec2.DefaultSecurityGroup,
    ec2.DefaultVpc,
    ec2.Eip,
    ec2.FlowLog,
    ec2.Instance,
    ec2.InternetGateway,
    ec2.LaunchTemplate,
    ec2.ManagedPrefixList,
    ec2.NatGateway,
    ec2.NetworkAcl,
    ec2.NetworkInterface,
    ec2.RouteTable,
    ec2.SecurityGroup,
    ec2.Subnet,
    ec2.Vpc,
    ec2.VpcEndpoint,
    ec2.VpnConnection,
    ec2.VpnGateway,
    elasticache.Cluster,
    elasticache.ParameterGroup,
    elasticache.ReplicationGroup,
    elasticache.SubnetGroup,
    elasticbeanstalk.Application,
    elasticbeanstalk.ApplicationVersion,
    elasticbeanstalk.Environment,
    iam.InstanceProfile,
    iam.Policy,
    iam.Role,
    iam.User,
    kms.Key,
    lb.Listener,
    lb.ListenerRule,
    lb.LoadBalancer,
    lb.TargetGroup,
    opensearch.Domain,
    rds.Cluster,
    rds.ClusterInstance,
    rds.EventSubscription,
    rds.Instance,
    rds.ParameterGroup,
    rds.SubnetGroup,
    route53.Zone,
    s3.Bucket,
    s3.BucketObject,
    s3.BucketObjectv2,
    secretsmanager.Secret,
    sfn.StateMachine,
    sns.Topic,
    ssm.Association,
    ssm.Document,
    ssm.Parameter,
    vpc.SecurityGroupEgressRule,
    vpc.SecurityGroupIngressRule,
    wafv2.WebAcl,
)
"""Types that can have tags."""
