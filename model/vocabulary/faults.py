"""Names of faults of VI API 2.5 that have no required field, so that a fault of the name alone is whole.

A test holds both sets to pyVmomi's types. A fault of another name is incomplete, or newer than some servers.
"""

from __future__ import annotations

from typing import Final

ABSENT: Final = ("NotSupported", "NotImplemented", "InvalidRequest", "MethodNotFound")
"""Those of a call that a target does not have."""

# fmt: off
VIM_FAULTS: Final = frozenset((
    "AdminDisabled", "AdminNotDisabled", "AgentInstallFailed", "AlreadyExists", "AlreadyUpgraded",
    "ApplicationQuiesceFault", "AuthMinimumAdminPermission", "CannotAccessLocalSource", "CannotAccessVmComponent",
    "CannotDecryptPasswords", "CannotDisableSnapshot", "CannotModifyConfigCpuRequirements", "ConcurrentAccess",
    "CustomizationFault", "CustomizationPending", "DasConfigFault", "DisableAdminNotSupported",
    "FilesystemQuiesceFault", "GenericDrsFault", "HAErrorsAtDest", "HostConfigFault", "HostConnectFault",
    "HostPowerOpFailed", "HotSnapshotMoveNotSupported", "InaccessibleDatastore", "InsufficientFailoverResourcesFault",
    "InsufficientHostCapacityFault", "InsufficientPerCpuCapacity", "InsufficientResourcesFault",
    "InvalidAffinitySettingFault", "InvalidDatastore", "InvalidDiskFormat", "InvalidEvent", "InvalidFormat",
    "InvalidHostState", "InvalidLocale", "InvalidLogin", "InvalidResourcePoolStructureFault", "InvalidSnapshotFormat",
    "InvalidState", "InvalidVmConfig", "IpHostnameGeneratorError", "LinuxVolumeNotClean", "LogBundlingFailed",
    "MaintenanceModeFileMove", "MemorySnapshotOnIndependentDisk", "MigrationFault", "MissingLinuxCustResources",
    "MissingWindowsCustResources", "MultipleSnapshotsNotSupported", "NetworksMayNotBeTheSame", "NoClientCertificate",
    "NoDiskFound", "NoDisksToCustomize", "NoGateway", "NoGuestHeartbeat", "NoHost", "NoPeerHostFound",
    "NoPermissionOnHost", "NoSubjectName", "NoVirtualNic", "NotFound", "NotSupportedHost", "RebootRequired",
    "RemoveFailed", "ResourceInUse", "SnapshotCloneNotSupported", "SnapshotCopyNotSupported", "SnapshotDisabled",
    "SnapshotFault", "SnapshotLocked", "SnapshotMoveFromNonHomeNotSupported", "SnapshotMoveNotSupported",
    "SnapshotMoveToNonHomeNotSupported", "SnapshotNoChange", "SuspendedRelocateNotSupported", "SwapDatastoreUnset",
    "SwapPlacementOverrideNotSupported", "Timedout", "TooManyConsecutiveOverrides", "TooManyDevices", "TooManyHosts",
    "TooManySnapshotLevels", "ToolsUnavailable", "UncommittedUndoableDisk", "UnexpectedCustomizationFault",
    "UnsupportedDatastore", "UnsupportedVmxLocation", "VMotionProtocolIncompatible", "VimFault",
    "VirtualHardwareCompatibilityIssue", "VmConfigFault", "VmToolsUpgradeFault", "VmWwnConflict",
    "VmotionInterfaceNotEnabled", "VolumeEditorError", "WakeOnLanNotSupported", "WakeOnLanNotSupportedByVmotionNIC",
    "WillModifyConfigCpuRequirements",
))
"""Those that extend VimFault, as SetTaskState wants them."""

OTHER_FAULTS: Final = frozenset((
    "DatabaseError", "HostCommunication", "HostNotConnected", "HostNotReachable", "IncorrectHostInformation",
    "InvalidArgument", "InvalidRequest", "InvalidToken", "InvalidType", "LicenseRestricted", "MethodDisabled",
    "MethodFault", "NoPermission", "NotAuthenticated", "NotEnoughLicenses", "NotImplemented", "NotSupported",
    "RequestCanceled", "RestrictedVersion", "RuntimeFault", "SecurityError",
))
"""Those that do not."""
